package dev.proctap;

import static org.assertj.core.api.Assertions.assertThat;

import dev.proctap.testbed.Await;
import dev.proctap.testbed.FakeServer;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;

/** Lets every call of a fake system fail, one at a time. */
final class FailingCalls {

    private static final int CHUNKS = 30;

    private FailingCalls() {}

    /** Everything that a capture calls, from the list of who plays to the end. */
    private static void use(long pid) throws InterruptedException {
        AudioProcess.list();
        try (ProcessAudioTap tap = ProcessAudioTap.of(AudioTarget.pid(pid)).start()) {
            // a third of a second: who plays is looked at again
            for (int i = 0; i < CHUNKS && tap.read(Taps.PATIENCE) != null; i++) {
                // nobody listens
            }
        }
    }

    /**
     * Each call that fails must be told, or done without, and nothing of the system may be held afterwards.
     *
     * @param pid
     *            a program that plays
     * @param error
     *            what the calls return
     * @param isTold
     *            whether a message tells of it
     * @param dispensable
     *            the calls that are done without
     */
    static void assertHarmless(FakeServer system, long pid, int error, Predicate<String> isTold,
            Set<String> dispensable) throws InterruptedException {
        system.reset();
        use(pid);
        Set<String> calls = system.calls();
        assertThat(calls).containsAll(dispensable);
        Set<String> unexpected = new TreeSet<>();
        for (String call : calls) {
            for (int after = 0; after < 2; after++) {
                system.reset();
                system.fail(call, after, error);
                String told = "";
                try {
                    use(pid);
                } catch (ProcTapException e) {
                    told = String.valueOf(e.getMessage());
                }
                Await.until(() -> call + " leaves " + system.objects(), Taps.PATIENCE,
                        () -> system.objects().isEmpty());
                assertThat(system.mistakes()).as("%s fails", call).isEmpty();
                // the second one may come to an end that was near, or be of a list that is made again soon
                if (after == 0 && (dispensable.contains(call) ? !told.isEmpty() : !isTold.test(told))) {
                    unexpected.add(call + " failed, told: " + told);
                }
            }
        }
        assertThat(unexpected).isEmpty();
    }
}
