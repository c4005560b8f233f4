/** Measures audio: level, true peak, loudness, spectrum, bands, pitch; and draws it. */
package dev.proctap.pipes.analysis;
