package dev.proctap.cli;

import dev.proctap.AudioChunk;
import dev.proctap.pcm.PcmConverter;
import dev.proctap.pcm.PcmFormat;
import dev.proctap.pcm.SampleFormat;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;

/** Measures peak levels of chunks of one format. */
final class Level {

    private final PcmConverter toFloats;
    private float[] floats = {};

    Level(PcmFormat format) {
        toFloats = new PcmConverter(format,
                format.withSampleFormat(SampleFormat.F32).withByteOrder(ByteOrder.nativeOrder()));
    }

    /** The largest magnitude in a chunk; 1 is full scale. */
    double peak(AudioChunk chunk) {
        int samples = chunk.frames() * chunk.format().channels();
        if (floats.length < samples) {
            floats = new float[samples];
        }
        toFloats.convert(chunk.samples(), 0, chunk.frames(), MemorySegment.ofArray(floats), 0);
        float peak = 0;
        for (int i = 0; i < samples; i++) {
            peak = Math.max(peak, Math.abs(floats[i]));
        }
        return peak;
    }

    /** Decibels relative to full scale; minus infinity for silence. */
    static double dbfs(double amplitude) {
        return 20 * Math.log10(amplitude);
    }
}
