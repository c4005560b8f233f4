package dev.proctap;

/** A capture that cannot be had, or that ended early; the message tells what was seen and what to do. */
public final class ProcTapException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** The kinds of failure a caller may want to tell apart. */
    public enum Kind {
        /** There is no process with the pid. Nothing was started. */
        NO_SUCH_PROCESS,
        /** There is no input device of the name, or none at all. Nothing was started. */
        NO_SUCH_DEVICE,
        /** The process plays nothing now. Waiting for it is an option of the tap. */
        NOT_PLAYING,
        /** Several programs have the name. Its message tells them. */
        AMBIGUOUS,
        /** No audio server answers, or its client library is missing. */
        NO_AUDIO_SERVER,
        /** The audio server or its client library is too old. */
        VERSION_TOO_OLD,
        /** The system does not permit the capture. */
        NOT_PERMITTED,
        /** An option asks for what this audio server cannot do. */
        NOT_SUPPORTED,
        /** The audio server went away during the capture; what was captured before is delivered. */
        SERVER_LOST,
        /** Anything else; what was captured before is delivered. */
        FAILED
    }

    private final Kind kind;

    public ProcTapException(Kind kind, String message) {
        super(message);
        this.kind = kind;
    }

    public ProcTapException(Kind kind, String message, Throwable cause) {
        super(message, cause);
        this.kind = kind;
    }

    public Kind kind() {
        return kind;
    }
}
