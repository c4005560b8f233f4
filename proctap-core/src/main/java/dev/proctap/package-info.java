/**
 * Capture of the audio that one program plays. {@link dev.proctap.ProcessAudioTap} is the way in: it is made for an
 * {@link dev.proctap.AudioTarget} with {@link dev.proctap.TapOptions}, and hands out {@link dev.proctap.AudioChunk}s to
 * a callback, a reader, an iterator, a {@code Flow.Publisher} or an {@code AudioInputStream}.
 * {@link dev.proctap.AudioProcess#list} tells who could be captured.
 */
package dev.proctap;
