/* SPDX-License-Identifier: Apache-2.0 */
/* tests/support/tsan.c: what the thread sanitizer cannot know.
 *
 * libuv closes descriptors by a bare system call, which the sanitizer does not see: a descriptor with the
 * same number, made later by another thread, then looks like the old one. The calls that make descriptors are
 * named here, which call nothing themselves, so nothing else is passed over.
 *
 * libcrypto is not instrumented, and 3.5 looks its algorithms up without a lock: what it copies and compares
 * in there looks like a race between two of its own calls. Reports whose access is its own are passed over.
 */
__attribute__((visibility("default"))) const char *
__tsan_default_suppressions(void); /* the runtime looks for it */

const char *__tsan_default_suppressions(void)
{
    return "race:interceptor_epoll_create1$\n"
           "race:interceptor_eventfd$\n"
           "race:interceptor_pipe2$\n"
           "race:interceptor_socket$\n"
           "race:interceptor_accept4$\n"
           "called_from_lib:libcrypto.so\n";
}
