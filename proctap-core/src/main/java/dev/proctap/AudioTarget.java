package dev.proctap;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Whose sound is captured: a rule, evaluated again whenever a program opens or closes a stream, never a stream that was
 * chosen once.
 */
public sealed interface AudioTarget {

    /**
     * One process by its pid.
     *
     * @param pid
     *            the process id as the operating system shows it
     * @param descendants
     *            whether its children and their children count too, also those that start later
     * @param started
     *            when the process began, so that another one that was given the same pid since is not taken for it; null for
     *            whichever has the pid now
     */
    record OfProcess(long pid, boolean descendants, @Nullable Instant started) implements AudioTarget {

        /**
         * @throws IllegalArgumentException
         *             if {@code pid} is not positive
         */
        public OfProcess {
            if (pid <= 0) {
                throw new IllegalArgumentException("a pid is a positive number, not " + pid);
            }
        }

        /** Whichever process has the pid now. */
        public OfProcess(long pid, boolean descendants) {
            this(pid, descendants, null);
        }
    }

    /**
     * A program by its name, with its descendants. The name is compared, whatever its case, with the file name of the
     * executable of each process that plays and of its ancestors, with or without {@code .exe}, and with the name under which
     * it was started; where none is the same, with what the program calls itself on the audio server; where none is, with the
     * beginnings of both. A name with a slash in it is the path of the executable.
     *
     * @param name
     *            the name
     * @param all
     *            whether every program of that name counts; where not, and several play, opening the capture fails and tells
     *            them
     */
    record OfName(String name, boolean all) implements AudioTarget {

        /**
         * @throws IllegalArgumentException
         *             if {@code name} is empty
         */
        public OfName {
            requireText(name);
        }
    }

    /**
     * Every process of an application by its id: that of Flatpak or snap, the name of the desktop file that started it with
     * or without {@code .desktop}, or what the program told the audio server ({@code application.id}); whatever its case.
     */
    record OfApplication(String id) implements AudioTarget {

        /**
         * @throws IllegalArgumentException
         *             if {@code id} is empty
         */
        public OfApplication {
            requireText(id);
        }
    }

    /**
     * A microphone or another input of the machine, in a capture of its own (Linux; elsewhere {@code javax.sound.sampled} has
     * them). While it is away there is silence.
     *
     * @param name
     *            what the audio server calls it ({@link AudioInputDevice#name}), or empty for the one that the user has chosen
     */
    record OfInputDevice(String name) implements AudioTarget {}

    /** All of several targets, mixed. */
    record AnyOf(List<AudioTarget> targets) implements AudioTarget {

        /**
         * @throws IllegalArgumentException
         *             if there is none
         */
        public AnyOf {
            targets = List.copyOf(targets);
            if (targets.isEmpty()) {
                throw new IllegalArgumentException("a mix has one target or more");
            }
            if (targets.stream().anyMatch(OfInputDevice.class::isInstance)) {
                throw new IllegalArgumentException("an input device is captured by itself");
            }
        }
    }

    /**
     * Every program that plays, but some.
     *
     * @param exceptions
     *            whose sound is left out; none for the whole system
     */
    record Everything(List<AudioTarget> exceptions) implements AudioTarget {

        public Everything {
            exceptions = List.copyOf(exceptions);
        }
    }

    /** The process {@code pid} with all its descendants: what a user means by a program, browsers included. */
    static AudioTarget pid(long pid) {
        return new OfProcess(pid, true);
    }

    /** The process {@code pid} alone. */
    static AudioTarget pidOnly(long pid) {
        return new OfProcess(pid, false);
    }

    /** The process that was listed, with all its descendants; not another one that has its pid by now. */
    static AudioTarget of(AudioProcess process) {
        return new OfProcess(process.pid(), true, process.started());
    }

    /** The one program of that name. */
    static AudioTarget name(String name) {
        return new OfName(name, false);
    }

    /** Every program of that name. */
    static AudioTarget allNamed(String name) {
        return new OfName(name, true);
    }

    /** The application of that id. */
    static AudioTarget application(String id) {
        return new OfApplication(id);
    }

    /** An input device by its name; empty for the one that the user has chosen. */
    static AudioTarget inputDevice(String name) {
        return new OfInputDevice(name);
    }

    /** All of them, mixed. */
    static AudioTarget anyOf(AudioTarget... targets) {
        return new AnyOf(List.of(targets));
    }

    /** Every program but these. */
    static AudioTarget everythingBut(AudioTarget... exceptions) {
        return new Everything(List.of(exceptions));
    }

    /** Every program. */
    static AudioTarget system() {
        return new Everything(List.of());
    }

    private static void requireText(String text) {
        if (text.isBlank()) {
            throw new IllegalArgumentException("a name or an application id is not empty");
        }
    }
}
