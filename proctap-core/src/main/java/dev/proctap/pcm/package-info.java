/** Formats of PCM audio and the conversion between them; usable without any tap, on any thread. */
package dev.proctap.pcm;
