package dev.proctap.file;

import java.io.IOException;
import java.io.Serial;

/** A file is no audio, is damaged, or holds a kind of audio that is not read here; the message says which. */
public final class AudioFormatException extends IOException {

    @Serial
    private static final long serialVersionUID = 1;

    AudioFormatException(String message) {
        super(message);
    }
}
