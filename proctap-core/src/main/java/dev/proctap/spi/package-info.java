/**
 * What each audio server's backend implements. A {@link dev.proctap.spi.CaptureBackend} opens a
 * {@link dev.proctap.spi.CaptureStream}, which moves float32 blocks into a {@link dev.proctap.spi.CaptureSink} whenever
 * the consumer's thread asks it to; its own control thread only does so when the consumer is busy.
 */
package dev.proctap.spi;
