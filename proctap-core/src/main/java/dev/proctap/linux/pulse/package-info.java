/** The backend for PulseAudio: capture of each playing stream through the monitor of its sink, mixed here. */
package dev.proctap.linux.pulse;
