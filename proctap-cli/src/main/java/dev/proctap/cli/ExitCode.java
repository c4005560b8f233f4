package dev.proctap.cli;

import dev.proctap.ProcTapException;

/** The exit codes of the command; scripts depend on them. */
final class ExitCode {

    static final int OK = 0;
    static final int FAILURE = 1;
    static final int USAGE = 2;
    static final int NO_SUCH_PROCESS = 3;
    static final int NOT_PLAYING = 4;
    static final int NO_AUDIO_SERVER = 5;
    static final int NOT_PERMITTED = 6;
    static final int AMBIGUOUS = 7;
    static final int NOT_SUPPORTED = 8;

    private ExitCode() {}

    static int of(ProcTapException failure) {
        return switch (failure.kind()) {
            case NO_SUCH_PROCESS, NO_SUCH_DEVICE -> NO_SUCH_PROCESS;
            case NOT_PLAYING -> NOT_PLAYING;
            case NO_AUDIO_SERVER, VERSION_TOO_OLD -> NO_AUDIO_SERVER;
            case NOT_PERMITTED -> NOT_PERMITTED;
            case AMBIGUOUS -> AMBIGUOUS;
            case NOT_SUPPORTED -> NOT_SUPPORTED;
            case SERVER_LOST, FAILED -> FAILURE;
        };
    }

    /** What a user at a terminal can do about it, to be put behind the message. */
    static String hint(ProcTapException failure) {
        return switch (failure.kind()) {
            case NO_SUCH_PROCESS -> "; 'proctap list' shows who is playing";
            case NO_SUCH_DEVICE ->
                "; 'proctap mic-mix --list-devices' shows those that there are, --no-mic does without";
            case NOT_PLAYING -> "; --wait waits for it, 'proctap list' shows who is playing";
            case AMBIGUOUS -> "; --all takes every one, --pid one of them";
            default -> "";
        };
    }
}
