package dev.proctap.pipes.http;

import java.io.IOException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** A request that was not answered as it should be; the message names the server, never a secret. */
public final class DeliveryException extends IOException {

    private static final long serialVersionUID = 1L;

    /** What to do about it. */
    public enum Kind {
        /** The server is away, slow or busy: the same request may succeed later. */
        LATER,
        /** The server does not take what was sent: it will not later, either. */
        REFUSED,
        /** The address, the key or the certificate is not right: nothing will be taken until somebody changes that. */
        DENIED
    }

    private final Kind kind;
    private final @Nullable Duration retryAfter;

    public DeliveryException(Kind kind, String message, @Nullable Throwable cause, @Nullable Duration retryAfter) {
        super(message, cause);
        this.kind = kind;
        this.retryAfter = retryAfter;
    }

    public Kind kind() {
        return kind;
    }

    /** How long the server asks us to wait, null where it does not. */
    public @Nullable Duration retryAfter() {
        return retryAfter;
    }
}
