package dev.proctap.file;

import dev.proctap.pcm.ChannelLayout;
import dev.proctap.pcm.PcmFormat;
import dev.proctap.pcm.SampleFormat;
import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * Reads WAV, RF64 (EBU Tech 3306), BW64, Sony Wave64 and AIFF/AIFC with uncompressed samples, from a file or a pipe. What a
 * writer could not know when it wrote into a pipe, the length, is not needed: the samples then go to the end of the stream. A
 * file that ends early is read up to its last whole frame. Never needs more memory than a few kilobytes, whatever a file
 * claims. Not thread-safe.
 */
public final class AudioReader implements AutoCloseable {

    /** What {@link #frames} tells where the length is not known. */
    public static final long UNKNOWN = -1;

    private static final int MAX_HEADER_BYTES = 4096;
    /** A damaged or hostile file may have any number of chunks; no honest one has so many before its samples. */
    private static final int MAX_CHUNKS = 10_000;
    /** Sizes from here on are what writers put who do not know: 0xffffffff by FFmpeg, a little less than 2 GiB by SoX. */
    private static final long UNKNOWN_SIZE_FROM = 0x7fff_0000L;
    /** The last 12 bytes of the GUIDs of a Wave64 file's chunks; that of the file itself differs. */
    private static final byte[] W64_TAIL = {(byte) 0xf3, (byte) 0xac, (byte) 0xd3, 0x11, (byte) 0x8c, (byte) 0xd1, 0,
            (byte) 0xc0, 0x4f, (byte) 0x8e, (byte) 0xdb, (byte) 0x8a};
    private static final byte[] W64_RIFF_TAIL = {0x2e, (byte) 0x91, (byte) 0xcf, 0x11, (byte) 0xa5, (byte) 0xd6, 0x28,
            (byte) 0xdb, 4, (byte) 0xc1, 0, 0};

    private final InputStream in;
    private final String name;
    private final byte[] block = new byte[1 << 16];
    private PcmFormat format = PcmFormat.STANDARD;
    private boolean formatKnown;
    /** 8-bit samples of AIFF have a sign, those of {@link SampleFormat#U8} have none. */
    private boolean flipSign;
    private long leftBytes = Long.MAX_VALUE;
    private long frames = UNKNOWN;
    private long dataBytesOfDs64 = UNKNOWN;

    private AudioReader(InputStream in, String name) {
        this.in = in;
        this.name = name;
    }

    /**
     * Opens a file.
     *
     * @throws AudioFormatException
     *             if it is none that is read here
     * @throws IOException
     *             if it cannot be read
     */
    public static AudioReader open(Path file) throws IOException {
        return open(Files.newInputStream(file), file.toString());
    }

    /**
     * Reads from a stream, which is closed with the reader, and at once if this fails.
     *
     * @param name
     *            what errors call it
     * @throws AudioFormatException
     *             if it is none that is read here
     * @throws IOException
     *             if it cannot be read
     */
    public static AudioReader open(InputStream stream, String name) throws IOException {
        AudioReader reader = new AudioReader(new BufferedInputStream(stream, 1 << 16), name);
        try {
            reader.readHeader();
            return reader;
        } catch (EOFException e) {
            reader.closeAfter(e);
            throw reader.unreadable("it ends before its first sample");
        } catch (IOException | RuntimeException e) {
            reader.closeAfter(e);
            throw e;
        }
    }

    /**
     * Reads a stream of samples alone, which is closed with the reader.
     *
     * @param format
     *            of the samples, interleaved
     * @param frames
     *            how many there are, {@link #UNKNOWN} if that is not known; it is told by {@link #frames} and nothing else
     */
    public static AudioReader ofSamples(InputStream stream, PcmFormat format, long frames) {
        AudioReader reader = new AudioReader(new BufferedInputStream(stream, 1 << 16), "the stream");
        reader.format = format;
        reader.frames = frames;
        return reader;
    }

    private void closeAfter(Exception e) {
        try {
            in.close();
        } catch (IOException suppressed) {
            e.addSuppressed(suppressed);
        }
    }

    /** The format of the samples as they stand in the file. */
    public PcmFormat format() {
        return format;
    }

    /** How many frames there are, as the file says; {@link #UNKNOWN} if it does not. */
    public long frames() {
        return frames;
    }

    /**
     * Reads whole frames.
     *
     * @param target
     *            is filled with as many as fit and are there
     * @return how many those were; -1 at the end
     * @throws IOException
     *             if reading fails
     */
    public int read(ByteBuffer target) throws IOException {
        int frameBytes = format.frameBytes();
        int wanted = (int) Math.min(target.remaining() / frameBytes, leftBytes / frameBytes) * frameBytes;
        int most = block.length / frameBytes * frameBytes;
        int done = 0;
        while (done < wanted) {
            int asked = Math.min(most, wanted - done);
            int n = in.readNBytes(block, 0, asked);
            int whole = n / frameBytes * frameBytes;
            if (flipSign) {
                for (int i = 0; i < whole; i++) {
                    block[i] ^= (byte) 0x80;
                }
            }
            target.put(block, 0, whole);
            done += whole;
            leftBytes -= n;
            if (n < asked) {
                leftBytes = 0;
                break;
            }
        }
        return done == 0 && leftBytes < frameBytes ? -1 : done / frameBytes;
    }

    @Override
    public void close() throws IOException {
        in.close();
    }

    // ---- headers

    private AudioFormatException unreadable(String why) {
        return new AudioFormatException(name + " cannot be read: " + why);
    }

    private AudioFormatException tooManyChunks() {
        return unreadable("it has more than " + MAX_CHUNKS + " chunks before its samples");
    }

    private void readHeader() throws IOException {
        String id = readId();
        switch (id) {
            case "RIFF", "RF64", "BW64" -> readRiff(ByteOrder.LITTLE_ENDIAN);
            case "RIFX" -> readRiff(ByteOrder.BIG_ENDIAN);
            case "riff" -> readW64();
            case "FORM" -> readAiff();
            default -> throw unreadable("it is not WAV, RF64, Wave64 or AIFF, it begins with " + printable(id));
        }
    }

    private static String printable(String id) {
        return id.chars().allMatch(c -> c >= ' ' && c < 127)
                ? "\"" + id + "\""
                : "the bytes " + id.chars().mapToObj(Integer::toHexString).toList();
    }

    private String readId() throws IOException {
        return new String(readBytes(4), StandardCharsets.ISO_8859_1);
    }

    private byte[] readBytes(int count) throws IOException {
        byte[] bytes = in.readNBytes(count);
        if (bytes.length < count) {
            throw new EOFException();
        }
        return bytes;
    }

    private ByteBuffer readBuffer(long size, ByteOrder order) throws IOException {
        int kept = (int) Math.min(size, MAX_HEADER_BYTES);
        ByteBuffer buffer = ByteBuffer.wrap(readBytes(kept)).order(order);
        in.skipNBytes(size - kept);
        return buffer;
    }

    private static long unsigned(int value) {
        return Integer.toUnsignedLong(value);
    }

    private void readRiff(ByteOrder order) throws IOException {
        ByteBuffer head = ByteBuffer.wrap(readBytes(8)).order(order);
        if (!text(head, 4).equals("WAVE")) {
            throw unreadable("it is RIFF, but " + printable(text(head, 4)) + " and not WAVE");
        }
        for (int chunks = 0; chunks < MAX_CHUNKS; chunks++) {
            String id = readId();
            long size = unsigned(ByteBuffer.wrap(readBytes(4)).order(order).getInt());
            if (id.equals("data")) {
                beginData(size, dataBytesOfDs64);
                return;
            }
            long padded = size + size % 2;
            switch (id) {
                case "fmt " -> readFormat(readBuffer(padded, order), size, order);
                case "ds64" -> {
                    ByteBuffer ds64 = readBuffer(padded, order);
                    if (size >= 16) {
                        dataBytesOfDs64 = ds64.getLong(8);
                    }
                }
                default -> in.skipNBytes(padded);
            }
        }
        throw tooManyChunks();
    }

    private static String text(ByteBuffer buffer, int at) {
        byte[] id = new byte[4];
        buffer.get(at, id);
        return new String(id, StandardCharsets.ISO_8859_1);
    }

    private void readFormat(ByteBuffer fmt, long size, ByteOrder order) throws AudioFormatException {
        if (size < 16) {
            throw unreadable("its format is described in " + size + " bytes instead of 16 or more");
        }
        int tag = fmt.getShort(0) & 0xffff;
        int channels = fmt.getShort(2) & 0xffff;
        int rate = fmt.getInt(4);
        int frameBytes = fmt.getShort(12) & 0xffff;
        int bits = fmt.getShort(14) & 0xffff;
        int mask = 0;
        if (tag == WavWriter.FORMAT_EXTENSIBLE && size >= 40) {
            mask = fmt.getInt(20);
            byte[] tail = new byte[WavWriter.SUBTYPE_TAIL.length];
            fmt.get(26, tail);
            tag = Arrays.equals(tail, WavWriter.SUBTYPE_TAIL) ? fmt.getShort(24) & 0xffff : WavWriter.FORMAT_EXTENSIBLE;
        }
        if (tag != WavWriter.FORMAT_PCM && tag != WavWriter.FORMAT_FLOAT) {
            throw unreadable("its samples are compressed (" + encoding(tag) + "); decode it with ffmpeg first");
        }
        int sampleBytes = channels == 0 ? 0 : frameBytes / channels;
        if (sampleBytes * channels != frameBytes || sampleBytes != Math.ceilDiv(bits, Byte.SIZE)) {
            throw unreadable(
                    channels + " channels of " + bits + " bits do not make frames of " + frameBytes + " bytes");
        }
        setFormat(rate, channels, mask, sampleFormat(sampleBytes, tag == WavWriter.FORMAT_FLOAT), order);
    }

    private static String encoding(int tag) {
        return switch (tag) {
            case 2, 0x11 -> "ADPCM";
            case 6 -> "A-law";
            case 7 -> "mu-law";
            case 0x50, 0x55 -> "MPEG";
            default -> "format 0x" + Integer.toHexString(tag);
        };
    }

    private SampleFormat sampleFormat(int bytes, boolean isFloat) throws AudioFormatException {
        if (isFloat) {
            return switch (bytes) {
                case 4 -> SampleFormat.F32;
                case 8 -> SampleFormat.F64;
                default -> throw unreadable("floating-point samples of " + bytes + " bytes");
            };
        }
        // fewer bits than the bytes hold stand in the upper ones
        return switch (bytes) {
            case 1 -> SampleFormat.U8;
            case 2 -> SampleFormat.S16;
            case 3 -> SampleFormat.S24;
            case 4 -> SampleFormat.S32;
            default -> throw unreadable("integer samples of " + bytes + " bytes");
        };
    }

    private void setFormat(int rate, int channels, int mask, SampleFormat sampleFormat, ByteOrder order)
            throws AudioFormatException {
        try {
            format = new PcmFormat(rate, layout(channels, mask), sampleFormat, order, false);
            formatKnown = true;
        } catch (IllegalArgumentException e) {
            throw unreadable(String.valueOf(e.getMessage()));
        }
    }

    private static ChannelLayout layout(int channels, int mask) {
        if (mask != 0 && Integer.bitCount(mask) == channels) {
            return ChannelLayout.ofMask(mask);
        }
        // beyond the usual numbers nobody says what a channel is for
        return channels > ChannelLayout.SURROUND_7_1.channels()
                ? ChannelLayout.MONO.withTracks(channels)
                : ChannelLayout.of(channels);
    }

    /**
     * The samples follow.
     *
     * @param size
     *            of them in bytes, as it stands with them
     * @param exact
     *            the same from elsewhere, {@link #UNKNOWN} if it is not there
     */
    private void beginData(long size, long exact) throws AudioFormatException {
        if (!formatKnown) {
            throw unreadable("its samples come before their format");
        }
        long bytes = exact >= 0 ? exact : size;
        // a recorder that was killed, or wrote into a pipe, leaves 0
        boolean known = exact > 0 || (size > 0 && size < UNKNOWN_SIZE_FROM);
        if (known) {
            leftBytes = bytes;
            frames = bytes / format.frameBytes();
        }
    }

    private void readW64() throws IOException {
        byte[] head = readBytes(12 + 8 + 16);
        if (!Arrays.equals(Arrays.copyOf(head, 12), W64_RIFF_TAIL) || !text(ByteBuffer.wrap(head), 20).equals("wave")) {
            throw unreadable("it begins like Wave64 and is not");
        }
        for (int chunks = 0; chunks < MAX_CHUNKS; chunks++) {
            byte[] guid = readBytes(16);
            long size = ByteBuffer.wrap(readBytes(8)).order(ByteOrder.LITTLE_ENDIAN).getLong() - 24;
            boolean known = Arrays.equals(Arrays.copyOfRange(guid, 4, 16), W64_TAIL);
            String id = known ? text(ByteBuffer.wrap(guid), 0) : "";
            if (id.equals("data")) {
                beginData(size, size > 0 ? size : UNKNOWN);
                return;
            }
            if (size < 0 || size > Long.MAX_VALUE - 8) {
                throw unreadable("a chunk has a size of " + (size + 24) + " bytes");
            }
            long padded = (size + 7) / 8 * 8;
            if (id.equals("fmt ")) {
                readFormat(readBuffer(padded, ByteOrder.LITTLE_ENDIAN), size, ByteOrder.LITTLE_ENDIAN);
            } else {
                in.skipNBytes(padded);
            }
        }
        throw tooManyChunks();
    }

    private void readAiff() throws IOException {
        ByteBuffer head = ByteBuffer.wrap(readBytes(8));
        String type = text(head, 4);
        if (!type.equals("AIFF") && !type.equals("AIFC")) {
            throw unreadable("it is IFF, but " + printable(type) + " and not AIFF");
        }
        for (int chunks = 0; chunks < MAX_CHUNKS; chunks++) {
            String id = readId();
            long size = unsigned(ByteBuffer.wrap(readBytes(4)).getInt());
            long padded = size + size % 2;
            switch (id) {
                case "COMM" -> readCommon(readBuffer(padded, ByteOrder.BIG_ENDIAN), size, type.equals("AIFC"));
                case "SSND" -> {
                    long offset = unsigned(ByteBuffer.wrap(readBytes(8)).getInt());
                    in.skipNBytes(offset);
                    beginData(size - 8 - offset, UNKNOWN);
                    return;
                }
                default -> in.skipNBytes(padded);
            }
        }
        throw tooManyChunks();
    }

    private void readCommon(ByteBuffer common, long size, boolean compressed) throws AudioFormatException {
        if (size < (compressed ? 22 : 18)) {
            throw unreadable("its format is described in " + size + " bytes");
        }
        int channels = common.getShort(0) & 0xffff;
        int bytes = Math.ceilDiv(common.getShort(6) & 0xffff, Byte.SIZE);
        String encoding = compressed ? text(common, 18) : "NONE";
        boolean isFloat = encoding.equalsIgnoreCase("fl32") || encoding.equalsIgnoreCase("fl64");
        if (!isFloat && !encoding.equals("NONE") && !encoding.equals("twos") && !encoding.equals("sowt")
                && !encoding.equals("in24") && !encoding.equals("in32")) {
            throw unreadable("its samples are compressed (" + printable(encoding) + "); decode it with ffmpeg first");
        }
        SampleFormat sampleFormat = sampleFormat(bytes, isFloat);
        flipSign = sampleFormat == SampleFormat.U8;
        setFormat(extendedToInt(common), channels, 0, sampleFormat,
                encoding.equals("sowt") ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
    }

    /** The sample rate, an 80-bit float: sign and exponent, and a mantissa with its leading bit; 0 if it is no int. */
    private static int extendedToInt(ByteBuffer common) {
        int exponent = (common.getShort(8) & 0xffff) - 16383;
        long mantissa = common.getLong(10);
        return exponent < 0 || exponent > 30 ? 0 : (int) (mantissa >>> (63 - exponent));
    }
}
