# Every kind of thread, and the end of the process.
