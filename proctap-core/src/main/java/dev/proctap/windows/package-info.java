/**
 * Windows: process loopback capture and the sessions of the audio devices. {@link WasapiBackend} is what the rest of the
 * library knows; {@code WasapiCapture} is a tap, {@code LoopbackClient} the capture of one process and its descendants,
 * {@code Sessions} who plays. The bindings are generated ({@code windows-bindings.pom.xml}); what is said here of Windows
 * without a source is in docs/windows.md.
 */
package dev.proctap.windows;
