# SPDX-License-Identifier: Apache-2.0
#
# libmeshclient: its functions, what it shows, and a program of somebody else that uses what is installed.

check(client_exports COMMAND checks/library_exports cli/client meshclient.h MESH_CLIENT libmeshclient libmeshclient-sim)
e2e_test(client COMMAND e2e/client.sh $<TARGET_FILE:meshd-sim> $<TARGET_FILE:meshsim>)
