package dev.proctap.macos;

import dev.proctap.ProcTapException;
import dev.proctap.capture.Session;
import dev.proctap.selection.ProcessTree;
import java.lang.invoke.MethodHandles;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArraySet;
import java.util.function.LongPredicate;

/**
 * The processes that Core Audio knows: those that have to do with audio. macOS tells of new ones, and of another default
 * output, on a thread of its own.
 */
final class Processes implements AutoCloseable {

    private static final String WHAT = "list who plays";
    private static final int[] WATCHED = {CoreAudio.kAudioHardwarePropertyProcessObjectList,
            CoreAudio.kAudioHardwarePropertyDefaultOutputDevice};
    private static final long LISTENER = MacLibrary.callback(MethodHandles.lookup(), "onChange",
            CoreAudio.PROPERTY_LISTENER);

    /** Those that are told of changes. They may be told until after they have left. */
    private static final Set<Runnable> LISTENERS = new CopyOnWriteArraySet<>();

    /**
     * A process as Core Audio knows it.
     *
     * @param object
     *            Core Audio's number of it
     * @param pid
     *            of the process that the user knows it by: a helper's is that of the program which it works for
     */
    private record Known(int object, long pid, String bundleId, boolean running) {}

    private final Runnable changed;

    /**
     * @param changed
     *            is called, by any thread, when there may be others
     */
    Processes(Runnable changed) {
        this.changed = changed;
        join(changed);
    }

    /** The first lets macOS tell, the last lets it be. */
    private static synchronized void join(Runnable listener) {
        if (LISTENERS.isEmpty()) {
            for (int i = 0; i < WATCHED.length; i++) {
                int status = CoreAudio.addListener(CoreAudio.kAudioObjectSystemObject, WATCHED[i], LISTENER, 0);
                if (status != 0) {
                    watchNoMore(i);
                    OsStatus.check(status, WHAT);
                }
            }
        }
        LISTENERS.add(listener);
    }

    private static synchronized void leave(Runnable listener) {
        if (LISTENERS.remove(listener) && LISTENERS.isEmpty()) {
            watchNoMore(WATCHED.length);
        }
    }

    private static void watchNoMore(int count) {
        for (int i = 0; i < count; i++) {
            CoreAudio.removeListener(CoreAudio.kAudioObjectSystemObject, WATCHED[i], LISTENER, 0);
        }
    }

    /** Called by macOS on a thread of its own. */
    static int onChange(int object, int count, long addresses, long clientData) {
        LISTENERS.forEach(Runnable::run);
        return 0;
    }

    private static List<Known> all() {
        List<Known> result = new ArrayList<>();
        for (int object : CoreAudio.getObjects(CoreAudio.kAudioObjectSystemObject,
                CoreAudio.kAudioHardwarePropertyProcessObjectList, WHAT)) {
            try {
                long pid = CoreAudio.getInt(object, CoreAudio.kAudioProcessPropertyPID, WHAT);
                result.add(new Known(object, LibSystem.responsibleFor(pid),
                        CoreAudio.getText(object, CoreAudio.kAudioProcessPropertyBundleID, WHAT),
                        CoreAudio.getInt(object, CoreAudio.kAudioProcessPropertyIsRunningOutput, WHAT) != 0));
            } catch (ProcTapException e) {
                if (e.kind() != ProcTapException.Kind.NO_AUDIO_SERVER) {
                    throw e;
                }
                // it ended this moment
            }
        }
        return result;
    }

    /** Who plays, or has opened something to play with. */
    static List<Session> sessions() {
        return all().stream().filter(known -> known.pid > 0).map(known -> new Session("process " + known.object,
                known.pid, "", known.bundleId, known.running, 1, false, Double.NaN)).toList();
    }

    /** The objects of processes that are, or descend from, some. */
    static int[] objects(List<Long> pids) {
        LongPredicate belongs = pid -> pids.stream()
                .anyMatch(root -> ProcessTree.topmost(pid, each -> each == root) == root);
        return all().stream().filter(known -> belongs.test(known.pid)).mapToInt(Known::object).sorted().toArray();
    }

    /** Whether any of some objects plays. */
    static boolean anyRuns(int[] objects) {
        for (int object : objects) {
            try {
                if (CoreAudio.getInt(object, CoreAudio.kAudioProcessPropertyIsRunningOutput, WHAT) != 0) {
                    return true;
                }
            } catch (ProcTapException e) {
                // it ended this moment
            }
        }
        return false;
    }

    @Override
    public void close() {
        leave(changed);
    }
}
