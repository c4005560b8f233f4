package dev.proctap.cli;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Ctrl-C, and SIGTERM, while this is open: what runs is told to stop, and given some time to; then the JVM, which is going down
 * already and would end with a code that means failure, ends with success, or with what {@link #endWith} says.
 */
final class EndInOrder implements AutoCloseable {

    private final CountDownLatch finished = new CountDownLatch(1);
    private final Thread hook;
    private volatile int exitCode = ExitCode.OK;

    EndInOrder(Runnable stop, long patienceSeconds) {
        hook = new Thread(() -> {
            stop.run();
            try {
                if (finished.await(patienceSeconds, TimeUnit.SECONDS)) {
                    Runtime.getRuntime().halt(exitCode);
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }, "proctap-interrupt");
        Runtime.getRuntime().addShutdownHook(hook);
    }

    /** Sets the code to end with. */
    void endWith(int code) {
        exitCode = code;
    }

    @Override
    public void close() {
        finished.countDown();
        removeHook(hook);
    }

    static void removeHook(Thread hook) {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // the JVM is going down: the hook runs
        }
    }
}
