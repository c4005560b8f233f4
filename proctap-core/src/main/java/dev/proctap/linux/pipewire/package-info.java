/**
 * The PipeWire backend. {@code PipeWire} binds the C library; {@code PipeWireConnection} owns the connection and its
 * control thread; {@code PipeWireGraph} is the picture of the server's objects; {@code PipeWireCapture} is a tap: a
 * stream and its timing; {@code TargetLinks} are the links into it. {@code PipeWireBackend} is what the rest of the
 * library sees.
 */
package dev.proctap.linux.pipewire;
