/**
 * Filters for float32 frames: equalizers, dynamics, loudness, noise reduction, voice activity. Each is made for one rate and
 * number of channels, keeps its state from one call to the next, and gives the same samples bit for bit however a stream is
 * cut into blocks. None allocates memory after it was made; none is thread-safe.
 */
package dev.proctap.pipes.filter;
