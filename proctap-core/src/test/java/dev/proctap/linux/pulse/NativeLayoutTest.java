package dev.proctap.linux.pulse;

import static org.assertj.core.api.Assertions.assertThat;

import dev.proctap.CHeaders;
import java.io.IOException;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The numbers in the bindings, all of them, are those of the C headers: a C compiler prints them. */
class NativeLayoutTest {

    /** The longest first: the name of one begins with that of another. */
    private static final List<String> STRUCTS = List.of("SINK_INPUT_INFO", "SAMPLE_SPEC", "CHANNEL_MAP", "CVOLUME",
            "BUFFER_ATTR", "TIMING_INFO", "SERVER_INFO", "CLIENT_INFO", "SINK_INFO", "SOURCE_INFO");

    private static Map<String, Integer> constants(Class<?> owner) throws IllegalAccessException {
        Map<String, Integer> constants = new LinkedHashMap<>();
        for (Field field : owner.getDeclaredFields()) {
            if (field.getType() == int.class && Modifier.isStatic(field.getModifiers())
                    && Modifier.isFinal(field.getModifiers())) {
                constants.put(field.getName(), field.getInt(null));
            }
        }
        return constants;
    }

    /** What C calls an offset or a size of ours. */
    private static String inC(String name) {
        String struct = STRUCTS.stream().filter(each -> name.startsWith(each + "_")).findFirst()
                .orElseThrow(() -> new AssertionError("of which struct is " + name + "?"));
        String type = "struct pa_" + struct.toLowerCase(Locale.ROOT);
        String field = name.substring(struct.length() + 1).toLowerCase(Locale.ROOT);
        return field.equals("bytes") ? "sizeof(" + type + ")" : "offsetof(" + type + ", " + field + ")";
    }

    @Test
    void everyOffsetAndConstantIsTheHeaders(@TempDir Path folder) throws IOException, IllegalAccessException {
        Map<String, Integer> numbers = new LinkedHashMap<>();
        constants(Pulse.class).forEach((name, value) -> {
            if (name.startsWith("PA_")) {
                numbers.put(name, value);
            }
        });
        constants(Pulse.Offsets.class).forEach((name, value) -> numbers.put(inC(name), value));
        assertThat(numbers).containsKeys("PA_STREAM_READY", "offsetof(struct pa_sink_input_info, corked)")
                .hasSizeGreaterThan(60);
        Map<String, Long> values = CHeaders.values(List.of("stddef.h", "stdio.h", "pulse/pulseaudio.h"), "libpulse",
                numbers.keySet(), folder);
        numbers.forEach((name, value) -> assertThat(values.get(name)).as(name).isEqualTo((long) value));
    }
}
