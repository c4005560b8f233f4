package dev.proctap.pipes;

import dev.proctap.file.AudioReader;
import dev.proctap.pcm.ChannelLayout;
import dev.proctap.pcm.PcmConverter;
import dev.proctap.pcm.PcmFormat;
import dev.proctap.pcm.SampleFormat;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Random;

/** Speech that espeak-ng speaks, and noise. */
public final class Speech {

    /** Some seconds of it, with pauses. */
    public static final String TEXT = "The quick brown fox jumps over the lazy dog. She sells sea shells by the sea shore."
            + " How much wood would a woodchuck chuck, if a woodchuck could chuck wood?";

    private Speech() {}

    /** A text as mono samples. */
    public static float[] say(String text, int sampleRateHz) {
        try {
            Process espeak = new ProcessBuilder("espeak-ng", "--stdout", text)
                    .redirectError(ProcessBuilder.Redirect.DISCARD).start();
            byte[] wav = espeak.getInputStream().readAllBytes();
            try (AudioReader reader = AudioReader.open(new ByteArrayInputStream(wav), "espeak-ng")) {
                ByteBuffer samples = ByteBuffer.allocate(wav.length);
                reader.read(samples);
                samples.flip();
                PcmFormat to = new PcmFormat(sampleRateHz, 1, SampleFormat.F32).withLayout(ChannelLayout.MONO);
                PcmConverter converter = new PcmConverter(reader.format(), to);
                int frames = samples.remaining() / reader.format().frameBytes();
                int first = converter.outputFrames(frames);
                float[] floats = new float[first + frames];
                MemorySegment segment = MemorySegment.ofArray(floats);
                converter.convert(MemorySegment.ofBuffer(samples), 0, frames, segment, 0);
                int rest = converter.flush(segment, 4L * first);
                return Arrays.copyOf(floats, first + rest);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("espeak-ng is needed: ./scripts/install-prerequisites installs it", e);
        }
    }

    /** White noise of an RMS. */
    public static float[] noise(int samples, double rms, long seed) {
        Random random = new Random(seed);
        float[] noise = new float[samples];
        for (int i = 0; i < samples; i++) {
            noise[i] = (float) (rms * random.nextGaussian());
        }
        return noise;
    }

    /** The root mean square of samples from one to another. */
    public static double rms(float[] samples, int from, int to) {
        double sum = 0;
        for (int i = from; i < to; i++) {
            sum += (double) samples[i] * samples[i];
        }
        return Math.sqrt(sum / Math.max(1, to - from));
    }

    /** The root mean square of the parts in which somebody speaks: the blocks of 20 ms within 30 dB of the loudest. */
    public static double activeRms(float[] speech, int sampleRateHz) {
        int block = sampleRateHz / 50;
        double loudest = 0;
        for (int at = 0; at + block <= speech.length; at += block) {
            loudest = Math.max(loudest, rms(speech, at, at + block));
        }
        double sum = 0;
        int count = 0;
        for (int at = 0; at + block <= speech.length; at += block) {
            double rms = rms(speech, at, at + block);
            if (rms > loudest / 31.6) {
                sum += rms * rms;
                count++;
            }
        }
        return Math.sqrt(sum / count);
    }
}
