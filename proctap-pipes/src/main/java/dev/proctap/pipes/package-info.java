/**
 * Pipes: what takes captured audio and does something with it. {@link dev.proctap.pipes.FilterPipe} runs the filters of
 * {@link dev.proctap.pipes.filter} on frames of any format, from a tap, a file or a stream.
 */
package dev.proctap.pipes;
