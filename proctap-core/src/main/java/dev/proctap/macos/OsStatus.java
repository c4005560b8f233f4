package dev.proctap.macos;

import dev.proctap.ProcTapException;
import dev.proctap.ProcTapException.Kind;
import java.util.Arrays;
import java.util.Optional;

/** What Core Audio answers ({@code AudioHardwareBase.h}), and what it means for the user. */
enum OsStatus {
    kAudioHardwareNotRunningError("stop", Kind.NO_AUDIO_SERVER,
            "the audio system does not run"), kAudioHardwareUnspecifiedError("what", Kind.FAILED,
                    "the audio system failed"), kAudioHardwareUnknownPropertyError("who?", Kind.FAILED,
                            "this macOS does not know the property"), kAudioHardwareBadPropertySizeError("!siz",
                                    Kind.FAILED, "the property has another size"), kAudioHardwareIllegalOperationError(
                                            "nope", Kind.FAILED,
                                            "the audio system does not do that"), kAudioHardwareBadObjectError("!obj",
                                                    Kind.NO_AUDIO_SERVER,
                                                    "the audio object is gone"), kAudioHardwareBadDeviceError("!dev",
                                                            Kind.NO_AUDIO_SERVER,
                                                            "the audio device is gone"), kAudioHardwareBadStreamError(
                                                                    "!str", Kind.NO_AUDIO_SERVER,
                                                                    "the audio stream is gone"), kAudioHardwareUnsupportedOperationError(
                                                                            "unop", Kind.NOT_SUPPORTED,
                                                                            "this macOS cannot do that"), kAudioHardwareNotReadyError(
                                                                                    "nrdy", Kind.NO_AUDIO_SERVER,
                                                                                    "the audio system is not ready"), kAudioDeviceUnsupportedFormatError(
                                                                                            "!dat", Kind.FAILED,
                                                                                            "the audio device has another format"), kAudioDevicePermissionsError(
                                                                                                    "!hog",
                                                                                                    Kind.NOT_PERMITTED,
                                                                                                    "macOS does not permit it: allow the program that you start this from under Privacy & Security, Screen &"
                                                                                                            + " System Audio Recording");

    private final int code;
    private final Kind kind;
    private final String meaning;

    OsStatus(String fourCharacters, Kind kind, String meaning) {
        code = CoreAudio.code(fourCharacters);
        this.kind = kind;
        this.meaning = meaning;
    }

    int code() {
        return code;
    }

    /**
     * Does nothing for a call that did not fail.
     *
     * @param what
     *            what the call was to do, as it follows "macOS could not"
     * @throws ProcTapException
     *             if it failed
     */
    static void check(int status, String what) {
        if (status != 0) {
            Optional<OsStatus> known = Arrays.stream(values()).filter(each -> each.code == status).findFirst();
            throw new ProcTapException(known.map(each -> each.kind).orElse(Kind.FAILED), "macOS could not " + what
                    + known.map(each -> ": " + each.meaning + " (" + each.name() + ")")
                            .orElse(" (OSStatus " + status + ")"));
        }
    }
}
