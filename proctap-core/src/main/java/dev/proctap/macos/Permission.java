package dev.proctap.macos;

import java.util.Optional;

/** The permission to record what other programs play, which macOS gives to the program that the user started. */
final class Permission {

    private static final String BUNDLE = ".app/";

    private Permission() {}

    /** The application that started this process: a terminal, or a development environment. */
    static String host() {
        String name = "the program that you start this from";
        for (Optional<ProcessHandle> at = Optional.of(ProcessHandle.current()); at
                .isPresent(); at = at.get().parent()) {
            String path = at.get().info().command().orElse("");
            int end = path.indexOf(BUNDLE);
            if (end >= 0) {
                name = path.substring(path.lastIndexOf('/', end) + 1, end);
            }
        }
        return name;
    }

    /** What the permission is, for who asks whether a capture can work: macOS itself does not tell before one was tried. */
    static String explanation() {
        return "macOS asks whether " + host()
                + " may record what other programs play (System Audio Recording), and gives"
                + " silence until it may: System Settings, Privacy & Security, Screen & System Audio Recording. 'tccutil"
                + " reset AudioCapture' lets it ask anew; scripts/bundle-for-macos makes an application of its own that asks"
                + " for itself (NSAudioCaptureUsageDescription)";
    }

    static String advice() {
        return "macOS gives nothing but zeros though the program plays: allow " + host()
                + " under System Settings, Privacy & Security, Screen & System Audio Recording (System Audio Recording"
                + " Only), and start it again";
    }
}
