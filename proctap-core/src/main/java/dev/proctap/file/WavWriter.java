package dev.proctap.file;

import dev.proctap.pcm.PcmFormat;
import dev.proctap.pcm.SampleFormat;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Writes a WAV file that is playable at every moment: the sizes in its header are renewed once a second, and whenever a
 * write fails, so that a kill or a full disk costs no more than the last second. Past 4 GiB it goes on as RF64 (EBU Tech
 * 3306), for which the header keeps room from the start.
 *
 * <p>Float samples are written as {@code WAVE_FORMAT_IEEE_FLOAT}; more than 16 bits or two channels as
 * {@code WAVE_FORMAT_EXTENSIBLE} with the speaker positions of {@link PcmFormat}. Not thread-safe.
 */
public final class WavWriter implements AutoCloseable {

    private static final int FORMAT_PCM = 1;
    private static final int FORMAT_FLOAT = 3;
    private static final int FORMAT_EXTENSIBLE = 0xfffe;
    private static final int DS64_BODY_BYTES = 28;
    private static final long MAX_RIFF_BYTES = 0xffffffffL;
    private static final long RENEW_NANOS = 1_000_000_000L;
    private static final int BUFFER_BYTES = 1 << 16;
    /** The last 14 bytes of KSDATAFORMAT_SUBTYPE_PCM and its kin; the format tag stands before them. */
    private static final byte[] SUBTYPE_TAIL = {0, 0, 0, 0, 0x10, 0, (byte) 0x80, 0, 0, (byte) 0xaa, 0, 0x38,
            (byte) 0x9b, 0x71};

    private final FileChannel channel;
    private final PcmFormat format;
    private final ByteBuffer header;
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_BYTES);
    private long dataBytes;
    private long renewedNanos = System.nanoTime();
    private boolean closed;

    /**
     * Creates or overwrites {@code file}.
     *
     * @throws IOException
     *             if it cannot be written
     */
    public WavWriter(Path file, PcmFormat format) throws IOException {
        this.format = format;
        this.header = ByteBuffer.allocate(256).order(ByteOrder.nativeOrder());
        this.channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE,
                StandardOpenOption.TRUNCATE_EXISTING);
        boolean written = false;
        try {
            makeHeader();
            writeFully(header.duplicate(), 0);
            written = true;
        } finally {
            if (!written) {
                channel.close();
            }
        }
    }

    private void makeHeader() {
        int dataFormat = format.sampleFormat() == SampleFormat.F32 ? FORMAT_FLOAT : FORMAT_PCM;
        boolean extensible = format.channels() > 2 || format.sampleFormat() == SampleFormat.S24;
        int fmtBytes = extensible ? 40 : dataFormat == FORMAT_FLOAT ? 18 : 16;
        id("RIFF").putInt(0);
        id("WAVE");
        id("JUNK").putInt(DS64_BODY_BYTES).put(new byte[DS64_BODY_BYTES]);
        id("fmt ").putInt(fmtBytes).putShort((short) (extensible ? FORMAT_EXTENSIBLE : dataFormat));
        header.putShort((short) format.channels()).putInt(format.sampleRateHz())
                .putInt(format.sampleRateHz() * format.frameBytes()).putShort((short) format.frameBytes())
                .putShort((short) format.sampleFormat().bits());
        if (extensible) {
            header.putShort((short) 22).putShort((short) format.sampleFormat().bits()).putInt(channelMask())
                    .putShort((short) dataFormat).put(SUBTYPE_TAIL);
        } else if (dataFormat == FORMAT_FLOAT) {
            header.putShort((short) 0);
        }
        id("fact").putInt(4).putInt(0);
        id("data").putInt(0);
        header.flip();
        setSizes();
    }

    private ByteBuffer id(String text) {
        boolean bigEndian = ByteOrder.nativeOrder() == ByteOrder.BIG_ENDIAN;
        return header.put((text.equals("RIFF") && bigEndian ? "RIFX" : text).getBytes(StandardCharsets.US_ASCII));
    }

    private int channelMask() {
        return switch (format.channels()) {
            case 1 -> 0x4;
            case 2 -> 0x3;
            case 6 -> 0x60f;
            default -> 0x63f;
        };
    }

    private void setSizes() {
        int dataSizeAt = header.limit() - 4;
        int factAt = header.limit() - 12;
        long frames = dataBytes / format.frameBytes();
        long riffBytes = header.limit() - 8 + dataBytes + dataBytes % 2;
        boolean rf64 = riffBytes > MAX_RIFF_BYTES;
        if (rf64) {
            header.put(0, "RF64".getBytes(StandardCharsets.US_ASCII));
            header.put(12, "ds64".getBytes(StandardCharsets.US_ASCII));
            header.putLong(20, riffBytes).putLong(28, dataBytes).putLong(36, frames).putInt(44, 0);
        }
        header.putInt(4, rf64 ? -1 : (int) riffBytes);
        header.putInt(factAt, rf64 ? -1 : (int) frames);
        header.putInt(dataSizeAt, rf64 ? -1 : (int) dataBytes);
    }

    /**
     * Appends samples in the writer's format, in native byte order, whole frames; the buffer is used up.
     *
     * @throws IOException
     *             if they cannot be written, for example because the disk is full; what was written before is playable
     */
    public void write(ByteBuffer samples) throws IOException {
        while (samples.hasRemaining()) {
            if (!buffer.hasRemaining()) {
                flush();
            }
            int n = Math.min(samples.remaining(), buffer.remaining());
            buffer.put(buffer.position(), samples, samples.position(), n).position(buffer.position() + n);
            samples.position(samples.position() + n);
        }
        renewIfDue();
    }

    private void renewIfDue() throws IOException {
        if (System.nanoTime() - renewedNanos >= RENEW_NANOS) {
            flush();
            renewHeader();
        }
    }

    /**
     * Appends silence, however long, at once: a hole in the file, which reads as zeros.
     *
     * @throws IOException
     *             if the file cannot be that long
     */
    public void writeSilence(long frames) throws IOException {
        if (frames <= 0) {
            return;
        }
        flush();
        long bytes = frames * format.frameBytes();
        // the last byte makes the file as long as its header says
        writeFully(ByteBuffer.allocate(1), header.limit() + dataBytes + bytes - 1);
        dataBytes += bytes;
        renewIfDue();
    }

    /** Bytes written so far, the header included. */
    public long bytes() {
        return header.limit() + dataBytes + buffer.position();
    }

    private void flush() throws IOException {
        buffer.flip();
        int length = buffer.remaining();
        try {
            writeFully(buffer, header.limit() + dataBytes);
            dataBytes += length;
        } catch (IOException e) {
            int done = length - buffer.remaining();
            dataBytes += done - (dataBytes + done) % format.frameBytes();
            try {
                renewHeader();
            } catch (IOException headerFailure) {
                e.addSuppressed(headerFailure);
            }
            throw e;
        } finally {
            buffer.clear();
        }
    }

    private void renewHeader() throws IOException {
        renewedNanos = System.nanoTime();
        setSizes();
        writeFully(header.duplicate(), 0);
    }

    private void writeFully(ByteBuffer bytes, long position) throws IOException {
        long at = position;
        while (bytes.hasRemaining()) {
            at += channel.write(bytes, at);
        }
    }

    /** Writes what is left and the final sizes. */
    @Override
    public void close() throws IOException {
        if (closed) {
            return;
        }
        closed = true;
        try (channel) {
            flush();
            if (dataBytes % 2 == 1) {
                writeFully(ByteBuffer.allocate(1), header.limit() + dataBytes);
            }
            renewHeader();
        }
    }
}
