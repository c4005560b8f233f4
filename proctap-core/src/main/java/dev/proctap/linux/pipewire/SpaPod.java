package dev.proctap.linux.pipewire;

import dev.proctap.internal.ffm.Memory;
import dev.proctap.pcm.ChannelLayout;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.stream.IntStream;

/**
 * PODs, the typed values of PipeWire's protocol, as far as a capture needs them. A POD is a 32-bit size of its body, a
 * 32-bit type, and the body, padded to 8 bytes; an object's body is its type, its id, then properties: key, flags, POD.
 * Constants are those of {@code spa/utils/type.h} and {@code spa/param/}.
 */
final class SpaPod {

    static final int PARAM_PROPS = 2;
    static final int PARAM_ENUM_FORMAT = 3;
    static final int PARAM_FORMAT = 4;
    static final int PARAM_BUFFERS = 5;
    static final int FORMAT_AUDIO_RATE = 0x10003;
    static final int FORMAT_AUDIO_CHANNELS = 0x10004;

    static final int PROP_VOLUME = 0x10003;
    static final int PROP_MUTE = 0x10004;
    static final int PROP_CHANNEL_VOLUMES = 0x10008;

    private static final int TYPE_BOOL = 2;
    private static final int TYPE_ID = 3;
    private static final int TYPE_INT = 4;
    private static final int TYPE_FLOAT = 6;
    private static final int TYPE_ARRAY = 13;
    private static final int TYPE_OBJECT = 15;
    private static final int TYPE_CHOICE = 19;
    private static final int CHOICE_RANGE = 1;
    private static final int OBJECT_FORMAT = 0x40003;
    private static final int OBJECT_PARAM_BUFFERS = 0x40004;
    private static final int FORMAT_MEDIA_TYPE = 1;
    private static final int FORMAT_MEDIA_SUBTYPE = 2;
    private static final int FORMAT_AUDIO_FORMAT = 0x10001;
    private static final int FORMAT_AUDIO_POSITION = 0x10005;
    /** {@code SPA_AUDIO_CHANNEL_AUX0}: the first of 64 channels that are no speaker. */
    private static final int CHANNEL_AUX0 = 0x1000;
    private static final int MEDIA_TYPE_AUDIO = 1;
    private static final int MEDIA_SUBTYPE_RAW = 1;
    private static final int AUDIO_FORMAT_F32_LE = 0x11b;
    private static final int AUDIO_FORMAT_F32_BE = 0x11c;
    private static final int BUFFERS_BUFFERS = 1;
    /** What a stream can hold. */
    private static final int MAX_BUFFERS = 64;

    private final MemorySegment memory;
    private int length;

    private SpaPod(Arena arena) {
        memory = arena.allocate(512, 8);
    }

    /** The one format that a capture offers: interleaved float32 in native order. */
    static long format(Arena arena, int sampleRateHz, ChannelLayout layout) {
        boolean little = java.nio.ByteOrder.nativeOrder() == java.nio.ByteOrder.LITTLE_ENDIAN;
        return new SpaPod(arena).object(OBJECT_FORMAT, PARAM_ENUM_FORMAT)
                .id(FORMAT_MEDIA_TYPE, MEDIA_TYPE_AUDIO)
                .id(FORMAT_MEDIA_SUBTYPE, MEDIA_SUBTYPE_RAW)
                .id(FORMAT_AUDIO_FORMAT, little ? AUDIO_FORMAT_F32_LE : AUDIO_FORMAT_F32_BE)
                .integer(FORMAT_AUDIO_RATE, sampleRateHz)
                .integer(FORMAT_AUDIO_CHANNELS, layout.channels())
                .ids(FORMAT_AUDIO_POSITION, positions(layout))
                .address();
    }

    /** Several tracks have the same speakers, of which a format may have each only once; they get numbers instead. */
    private static int[] positions(ChannelLayout layout) {
        return layout.tracks() == 1
                ? Channel.of(layout).stream().mapToInt(Channel::spaId).toArray()
                : IntStream.range(CHANNEL_AUX0, CHANNEL_AUX0 + layout.channels()).toArray();
    }

    /** Asks for {@code count} buffers; a preference alone would lose to the adapter's, which is two. */
    static long buffers(Arena arena, int count) {
        return new SpaPod(arena).object(OBJECT_PARAM_BUFFERS, PARAM_BUFFERS)
                .range(BUFFERS_BUFFERS, count, count, MAX_BUFFERS)
                .address();
    }

    private SpaPod object(int type, int id) {
        return word(8).word(TYPE_OBJECT).word(type).word(id);
    }

    private SpaPod property(int key) {
        return word(key).word(0);
    }

    private SpaPod id(int key, int value) {
        return property(key).word(4).word(TYPE_ID).word(value).word(0);
    }

    private SpaPod integer(int key, int value) {
        return property(key).word(4).word(TYPE_INT).word(value).word(0);
    }

    private SpaPod ids(int key, int... values) {
        property(key).word(8 + 4 * values.length).word(TYPE_ARRAY).word(4).word(TYPE_ID);
        for (int value : values) {
            word(value);
        }
        return values.length % 2 == 0 ? this : word(0);
    }

    private SpaPod range(int key, int preferred, int least, int most) {
        return property(key).word(16 + 12).word(TYPE_CHOICE).word(CHOICE_RANGE).word(0).word(4).word(TYPE_INT)
                .word(preferred).word(least).word(most).word(0);
    }

    private SpaPod word(int value) {
        memory.set(ValueLayout.JAVA_INT, length, value);
        length += 4;
        return this;
    }

    private long address() {
        memory.set(ValueLayout.JAVA_INT, 0, length - 8);
        return memory.address();
    }

    /** An int or id property of the object POD at {@code pod}, or the default value of a choice; 0 if it has none. */
    static int intProperty(long pod, int key) {
        long value = property(pod, key);
        if (value == 0) {
            return 0;
        }
        return switch (Memory.getInt(value + 4)) {
            case TYPE_INT, TYPE_ID, TYPE_BOOL -> Memory.getInt(value + 8);
            case TYPE_CHOICE -> Memory.getInt(value) >= 20 ? Memory.getInt(value + 24) : 0;
            default -> 0;
        };
    }

    /** The factor that the samples of the loudest channel are multiplied by, from the {@code Props} of a node. */
    static double volume(long pod) {
        long whole = property(pod, PROP_VOLUME);
        double volume = whole != 0 && Memory.getInt(whole + 4) == TYPE_FLOAT ? floatAt(whole + 8) : 1;
        long channels = property(pod, PROP_CHANNEL_VOLUMES);
        if (channels == 0 || Memory.getInt(channels + 4) != TYPE_ARRAY || Memory.getInt(channels + 12) != TYPE_FLOAT) {
            return volume;
        }
        double loudest = 0;
        long end = channels + 8 + Memory.getInt(channels);
        for (long at = channels + 16; at + 4 <= end; at += 4) {
            loudest = Math.max(loudest, floatAt(at));
        }
        return end > channels + 16 ? volume * loudest : volume;
    }

    /** Whether the {@code Props} of a node say that it is muted. */
    static boolean isMuted(long pod) {
        return intProperty(pod, PROP_MUTE) != 0;
    }

    private static double floatAt(long address) {
        return Float.intBitsToFloat(Memory.getInt(address));
    }

    /** Where the value of a property of the object POD at {@code pod} is, itself a POD; 0 if it has none. */
    private static long property(long pod, int key) {
        if (pod == 0 || Memory.getInt(pod + 4) != TYPE_OBJECT) {
            return 0;
        }
        long end = pod + 8 + Integer.toUnsignedLong(Memory.getInt(pod));
        for (long at = pod + 16; at + 16 <= end;) {
            int size = Memory.getInt(at + 8);
            if (size < 0) {
                return 0;
            }
            if (Memory.getInt(at) == key) {
                return at + 8;
            }
            at += 16 + ((size + 7L) & ~7L);
        }
        return 0;
    }
}
