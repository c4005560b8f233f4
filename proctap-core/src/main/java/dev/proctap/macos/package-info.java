/**
 * macOS: Core Audio process taps. {@link CoreAudioBackend} is what the rest of the library knows; {@code CoreAudioCapture} is a
 * capture, {@code ProcessTap} the tap on some processes, {@code Processes} who plays. {@code CoreAudio}, {@code
 * CoreFoundation}, {@code ObjectiveC} and {@code LibSystem} are the bindings, written by hand; docs/macos.md names the
 * source of each number.
 */
package dev.proctap.macos;
