package dev.proctap.file;

import dev.proctap.pcm.ChannelLayout;
import dev.proctap.pcm.PcmConverter;
import dev.proctap.pcm.PcmFormat;
import dev.proctap.pcm.SampleFormat;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Writes a WAV file that is playable at every moment: the sizes in its header are renewed once a second, and whenever a
 * write fails, so that a kill or a full disk costs no more than the last second. Past 4 GiB it goes on as RF64 (EBU Tech
 * 3306), for which the header keeps room from the start.
 *
 * <p>Float samples are written as {@code WAVE_FORMAT_IEEE_FLOAT}; more than 16 bits or two channels as
 * {@code WAVE_FORMAT_EXTENSIBLE} with the speaker positions of {@link PcmFormat}. What is known of the recording stands in a
 * {@code bext} chunk (EBU Tech 3285), with the time of day as its time reference, and in {@code LIST INFO}. Not thread-safe.
 */
public final class WavWriter implements AutoCloseable {

    static final int FORMAT_PCM = 1;
    static final int FORMAT_FLOAT = 3;
    static final int FORMAT_EXTENSIBLE = 0xfffe;
    private static final int DS64_BODY_BYTES = 28;
    private static final int HEADER_BYTES = 2048;
    private static final int BEXT_BYTES = 602;
    private static final int BEXT_VERSION = 1;
    private static final DateTimeFormatter BEXT_TIME = DateTimeFormatter.ofPattern("yyyy-MM-ddHH:mm:ss", Locale.ROOT)
            .withZone(ZoneOffset.UTC);
    private static final int MAX_TEXT_BYTES = 200;
    private static final long MAX_RIFF_BYTES = 0xffffffffL;
    private static final long RENEW_NANOS = 1_000_000_000L;
    private static final int BUFFER_BYTES = 1 << 16;
    /** The last 14 bytes of KSDATAFORMAT_SUBTYPE_PCM and its kin; the format tag stands before them. */
    static final byte[] SUBTYPE_TAIL = {0, 0, 0, 0, 0x10, 0, (byte) 0x80, 0, 0, (byte) 0xaa, 0, 0x38,
            (byte) 0x9b, 0x71};

    private final FileChannel channel;
    /** What is in the file; samples that are given in another format are converted. */
    private final PcmFormat format;
    private final @Nullable PcmConverter converter;
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
        this(file, format, null);
    }

    /**
     * Creates or overwrites {@code file}, which tells what it is a recording of.
     *
     * @param info
     *            null for nothing
     * @throws IOException
     *             if it cannot be written
     */
    public WavWriter(Path file, PcmFormat format, @Nullable RecordingInfo info) throws IOException {
        this.format = inFile(format);
        this.converter = this.format.equals(format) ? null : new PcmConverter(format, this.format);
        this.header = header(this.format, info);
        this.channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE,
                StandardOpenOption.TRUNCATE_EXISTING);
        boolean written = false;
        try {
            setSizes();
            writeFully(header.duplicate(), 0);
            written = true;
        } finally {
            if (!written) {
                channel.close();
            }
        }
    }

    private static PcmFormat inFile(PcmFormat format) {
        SampleFormat packed = format.sampleFormat() == SampleFormat.S24_32 ? SampleFormat.S24 : format.sampleFormat();
        return format.withSampleFormat(packed).withByteOrder(ByteOrder.LITTLE_ENDIAN).withPlanar(false)
                .withLayout(format.layout().tracks() > 1
                        ? format.layout()
                        : ChannelLayout.ofMask(format.layout().mask()));
    }

    /**
     * What stands before the samples of WAV that goes elsewhere than into a file.
     *
     * @param format
     *            of the samples that follow: interleaved, the lowest byte first
     * @param frames
     *            how many follow, less than 4 GiB of them; {@link AudioReader#UNKNOWN} where nobody knows: then the sizes are
     *            0xffffffff, as FFmpeg writes them into a pipe
     */
    public static byte[] header(PcmFormat format, long frames) {
        if (!format.equals(inFile(format))) {
            throw new IllegalArgumentException("WAV holds interleaved samples, the lowest byte first");
        }
        ByteBuffer header = header(format, null);
        long dataBytes = frames * format.frameBytes();
        boolean known = frames != AudioReader.UNKNOWN;
        if (known && header.limit() + dataBytes > MAX_RIFF_BYTES) {
            throw new IllegalArgumentException(dataBytes + " bytes of samples are too many for WAV");
        }
        header.putInt(4, known ? (int) (header.limit() - 8 + dataBytes + dataBytes % 2) : -1);
        header.putInt(header.limit() - 12, known ? (int) frames : -1);
        header.putInt(header.limit() - 4, known ? (int) dataBytes : -1);
        byte[] bytes = new byte[header.limit()];
        header.get(0, bytes);
        return bytes;
    }

    private static ByteBuffer header(PcmFormat format, @Nullable RecordingInfo info) {
        ByteBuffer header = ByteBuffer.allocate(HEADER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        int dataFormat = format.sampleFormat().isFloat() ? FORMAT_FLOAT : FORMAT_PCM;
        boolean usualLayout = format.layout().equals(ChannelLayout.MONO)
                || format.layout().equals(ChannelLayout.STEREO);
        boolean extensible = !usualLayout || (dataFormat == FORMAT_PCM && format.sampleFormat().bits() > 16);
        int fmtBytes = extensible ? 40 : dataFormat == FORMAT_FLOAT ? 18 : 16;
        id(header, "RIFF").putInt(0);
        id(header, "WAVE");
        id(header, "JUNK").putInt(DS64_BODY_BYTES).put(new byte[DS64_BODY_BYTES]);
        if (info != null) {
            describe(header, format, info);
        }
        id(header, "fmt ").putInt(fmtBytes).putShort((short) (extensible ? FORMAT_EXTENSIBLE : dataFormat));
        header.putShort((short) format.channels()).putInt(format.sampleRateHz())
                .putInt(format.sampleRateHz() * format.frameBytes()).putShort((short) format.frameBytes())
                .putShort((short) format.sampleFormat().bits());
        if (extensible) {
            header.putShort((short) 22).putShort((short) format.sampleFormat().bits()).putInt(format.layout().mask())
                    .putShort((short) dataFormat).put(SUBTYPE_TAIL);
        } else if (dataFormat == FORMAT_FLOAT) {
            header.putShort((short) 0);
        }
        id(header, "fact").putInt(4).putInt(0);
        id(header, "data").putInt(0);
        return header.flip();
    }

    private static void describe(ByteBuffer header, PcmFormat format, RecordingInfo info) {
        String what = info.program() + (info.pid() == 0 ? "" : " (pid " + info.pid() + ")");
        String time = BEXT_TIME.format(info.start());
        long sinceMidnight = info.start().atOffset(ZoneOffset.UTC).toLocalTime().toNanoOfDay();
        int start = header.position() + 8;
        id(header, "bext").putInt(BEXT_BYTES).put(text(what));
        header.position(start + 256).put(text("ProcTap"));
        header.position(start + 320).put(text(time));
        header.position(start + 338).putLong(format.nanosToFrames(sinceMidnight)).putShort((short) BEXT_VERSION);
        header.position(start + BEXT_BYTES);
        int list = header.position();
        id(header, "LIST").putInt(0);
        id(header, "INFO");
        info(header, "INAM", what);
        info(header, "ICRD", info.start().toString());
        info(header, "ISFT", "ProcTap");
        header.putInt(list + 4, header.position() - list - 8);
    }

    /** An entry of LIST INFO: text that ends with a zero, padded to an even length. */
    private static void info(ByteBuffer header, String id, String value) {
        byte[] text = text(value);
        id(header, id).putInt(text.length + 1).put(text).put((byte) 0);
        header.position(header.position() + (text.length + 1) % 2);
    }

    private static byte[] text(String value) {
        byte[] text = value.getBytes(StandardCharsets.UTF_8);
        int length = Math.min(text.length, MAX_TEXT_BYTES);
        while (length < text.length && length > 0 && (text[length] & 0xc0) == 0x80) {
            length--; // not within a character
        }
        return Arrays.copyOf(text, length);
    }

    private static ByteBuffer id(ByteBuffer header, String text) {
        return header.put(text.getBytes(StandardCharsets.US_ASCII));
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
     * Appends samples in the format that the writer was made with, whole frames; the buffer is used up.
     *
     * @throws IOException
     *             if they cannot be written, for example because the disk is full; what was written before is playable
     */
    public void write(ByteBuffer samples) throws IOException {
        if (converter == null) {
            append(samples);
        } else {
            append(convert(converter, samples));
        }
        renewIfDue();
    }

    private ByteBuffer convert(PcmConverter by, ByteBuffer samples) {
        int frames = samples.remaining() / by.from().frameBytes();
        ByteBuffer result = ByteBuffer.allocate(frames * format.frameBytes());
        by.convert(MemorySegment.ofBuffer(samples), 0, frames, MemorySegment.ofBuffer(result), 0);
        samples.position(samples.limit());
        return result;
    }

    private void append(ByteBuffer samples) throws IOException {
        while (samples.hasRemaining()) {
            if (!buffer.hasRemaining()) {
                flush();
            }
            int n = Math.min(samples.remaining(), buffer.remaining());
            buffer.put(buffer.position(), samples, samples.position(), n).position(buffer.position() + n);
            samples.position(samples.position() + n);
        }
    }

    private void renewIfDue() throws IOException {
        if (System.nanoTime() - renewedNanos >= RENEW_NANOS) {
            flush();
            renewHeader();
        }
    }

    /**
     * Appends silence, however long, at once: a hole in the file, which reads as zeros. Unsigned samples have to be written.
     *
     * @throws IOException
     *             if the file cannot be that long
     */
    public void writeSilence(long frames) throws IOException {
        if (frames <= 0) {
            return;
        }
        if (format.sampleFormat() == SampleFormat.U8) {
            writeUnsignedSilence(frames * format.frameBytes());
            return;
        }
        flush();
        long bytes = frames * format.frameBytes();
        // the last byte makes the file as long as its header says
        writeFully(ByteBuffer.allocate(1), header.limit() + dataBytes + bytes - 1);
        dataBytes += bytes;
        renewIfDue();
    }

    private void writeUnsignedSilence(long bytes) throws IOException {
        byte[] silence = new byte[BUFFER_BYTES];
        Arrays.fill(silence, (byte) 0x80);
        for (long left = bytes; left > 0; left -= silence.length) {
            append(ByteBuffer.wrap(silence, 0, (int) Math.min(left, silence.length)));
        }
        renewIfDue();
    }

    /** The format of the samples in the file. */
    public PcmFormat format() {
        return format;
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
