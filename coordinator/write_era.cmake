# SPDX-License-Identifier: Apache-2.0
#
#   cmake -DMESHSIM=... -DMESHD=... -DMESHD_SIM=... -DOUTPUT=... -P write_era.cmake
#
# Writes what a client demands of the coordinators that were just built: of meshd at the top, where its verifiers
# look, and of its simulated twin under "Simulation". A meshd that is packed into an enclave has the enclave's
# measurement instead: give meshctl that file with --era-config.

function(measure program out)
  execute_process(COMMAND ${MESHSIM} measure ${program} OUTPUT_VARIABLE properties COMMAND_ERROR_IS_FATAL ANY)
  set(${out} "${properties}" PARENT_SCOPE)
endfunction()

measure(${MESHD} production)
measure(${MESHD_SIM} simulated)
string(JSON unique_id GET "${production}" UniqueID)
set(era "{}")
string(JSON era SET "${era}" UniqueID "\"${unique_id}\"")
string(JSON era SET "${era}" Debug false)
string(JSON era SET "${era}" Simulation "${simulated}")
file(WRITE ${OUTPUT} "${era}\n")
