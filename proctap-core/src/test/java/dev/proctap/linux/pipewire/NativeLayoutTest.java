package dev.proctap.linux.pipewire;

import static org.assertj.core.api.Assertions.assertThat;

import dev.proctap.ProcTapException;
import dev.proctap.CHeaders;
import dev.proctap.linux.Libc;
import dev.proctap.linux.pipewire.PipeWire.Offsets;
import dev.proctap.linux.pipewire.PipeWire.Slots;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The numbers in the bindings are those of the C headers: a C compiler prints them. */
class NativeLayoutTest {

    private static final Map<String, Long> NUMBERS = new LinkedHashMap<>();

    private static void number(String expression, long value) {
        NUMBERS.put(expression, value);
    }

    static {
        number("offsetof(struct pw_core_methods, add_listener)", Slots.CORE_ADD_LISTENER);
        number("offsetof(struct pw_core_methods, sync)", Slots.CORE_SYNC);
        number("offsetof(struct pw_core_info, props)", Offsets.CORE_INFO_PROPS);
        number("offsetof(struct pw_core_methods, get_registry)", Slots.CORE_GET_REGISTRY);
        number("offsetof(struct pw_core_methods, create_object)", Slots.CORE_CREATE_OBJECT);
        number("offsetof(struct pw_registry_methods, add_listener)", Slots.REGISTRY_ADD_LISTENER);
        number("offsetof(struct pw_registry_methods, bind)", Slots.REGISTRY_BIND);
        number("offsetof(struct pw_registry_methods, destroy)", Slots.REGISTRY_DESTROY);
        number("offsetof(struct pw_node_methods, add_listener)", Slots.OBJECT_ADD_LISTENER);
        number("offsetof(struct pw_link_methods, add_listener)", Slots.OBJECT_ADD_LISTENER);
        number("offsetof(struct pw_node_methods, enum_params)", Slots.NODE_ENUM_PARAMS);
        number("offsetof(struct pw_metadata_methods, add_listener)", Slots.OBJECT_ADD_LISTENER);
        number("offsetof(struct pw_metadata_methods, set_property)", Slots.METADATA_SET_PROPERTY);
        number("offsetof(struct pw_metadata_events, property)", Slots.METADATA_EVENT_PROPERTY);
        number("sizeof(struct pw_metadata_events)", Slots.METADATA_EVENTS);
        number("PW_VERSION_METADATA", PipeWire.INTERFACE_VERSION);
        number("offsetof(struct spa_loop_control_methods, get_fd)", Slots.LOOP_GET_FD);
        number("offsetof(struct spa_loop_control_methods, enter)", Slots.LOOP_ENTER);
        number("offsetof(struct spa_loop_control_methods, leave)", Slots.LOOP_LEAVE);
        number("offsetof(struct spa_loop_control_methods, iterate)", Slots.LOOP_ITERATE);
        number("offsetof(struct pw_core_events, info)", Slots.CORE_EVENT_INFO);
        number("offsetof(struct pw_core_events, done)", Slots.CORE_EVENT_DONE);
        number("offsetof(struct pw_core_events, error)", Slots.CORE_EVENT_ERROR);
        number("offsetof(struct pw_registry_events, global)", Slots.REGISTRY_EVENT_GLOBAL);
        number("offsetof(struct pw_registry_events, global_remove)", Slots.REGISTRY_EVENT_GLOBAL_REMOVE);
        number("offsetof(struct pw_node_events, info)", Slots.NODE_EVENT_INFO);
        number("offsetof(struct pw_node_events, param)", Slots.NODE_EVENT_PARAM);
        number("offsetof(struct pw_link_events, info)", Slots.LINK_EVENT_INFO);
        number("offsetof(struct pw_stream_events, state_changed)", Slots.STREAM_EVENT_STATE_CHANGED);
        number("offsetof(struct pw_stream_events, param_changed)", Slots.STREAM_EVENT_PARAM_CHANGED);
        number("offsetof(struct pw_stream_events, add_buffer)", Slots.STREAM_EVENT_ADD_BUFFER);
        number("offsetof(struct pw_stream_events, remove_buffer)", Slots.STREAM_EVENT_REMOVE_BUFFER);
        number("offsetof(struct pw_stream_events, process)", Slots.STREAM_EVENT_PROCESS);

        number("offsetof(struct pw_loop, control)", Offsets.PW_LOOP_CONTROL);
        number("offsetof(struct spa_interface, cb) + offsetof(struct spa_callbacks, funcs)", Offsets.INTERFACE_FUNCS);
        number("offsetof(struct spa_interface, cb) + offsetof(struct spa_callbacks, data)", Offsets.INTERFACE_DATA);
        number("offsetof(struct spa_dict, n_items)", Offsets.DICT_COUNT);
        number("offsetof(struct spa_dict, items)", Offsets.DICT_ITEMS);
        number("sizeof(struct spa_dict_item)", Offsets.DICT_ITEM_BYTES);
        number("offsetof(struct pw_core_info, version)", Offsets.CORE_INFO_VERSION);
        number("offsetof(struct pw_node_info, state)", Offsets.NODE_INFO_STATE);
        number("offsetof(struct pw_node_info, props)", Offsets.NODE_INFO_PROPS);
        number("offsetof(struct pw_link_info, id)", Offsets.LINK_INFO_ID);
        number("offsetof(struct pw_link_info, output_node_id)", Offsets.LINK_INFO_OUTPUT_NODE);
        number("offsetof(struct pw_link_info, output_port_id)", Offsets.LINK_INFO_OUTPUT_PORT);
        number("offsetof(struct pw_link_info, input_node_id)", Offsets.LINK_INFO_INPUT_NODE);
        number("offsetof(struct pw_link_info, input_port_id)", Offsets.LINK_INFO_INPUT_PORT);
        number("offsetof(struct pw_link_info, state)", Offsets.LINK_INFO_STATE);
        number("offsetof(struct pw_link_info, error)", Offsets.LINK_INFO_ERROR);
        number("offsetof(struct pw_time, now)", Offsets.TIME_NOW);
        number("offsetof(struct pw_time, rate) + offsetof(struct spa_fraction, num)", Offsets.TIME_RATE_NUM);
        number("offsetof(struct pw_time, rate) + offsetof(struct spa_fraction, denom)", Offsets.TIME_RATE_DENOM);
        number("offsetof(struct pw_time, ticks)", Offsets.TIME_TICKS);
        number("offsetof(struct pw_time, queued)", Offsets.TIME_QUEUED);
        number("offsetof(struct pw_buffer, buffer)", Offsets.BUFFER_SPA_BUFFER);
        number("offsetof(struct pw_buffer, size)", Offsets.BUFFER_SIZE);
        number("offsetof(struct spa_buffer, datas)", Offsets.SPA_BUFFER_DATAS);
        number("offsetof(struct spa_data, data)", Offsets.DATA_POINTER);
        number("offsetof(struct spa_data, chunk)", Offsets.DATA_CHUNK);
        number("offsetof(struct spa_chunk, offset)", Offsets.CHUNK_OFFSET);
        number("offsetof(struct spa_chunk, size)", Offsets.CHUNK_SIZE);
        number("offsetof(struct spa_chunk, flags)", Offsets.CHUNK_FLAGS);

        number("PW_VERSION_NODE", PipeWire.INTERFACE_VERSION);
        number("PW_VERSION_LINK", PipeWire.INTERFACE_VERSION);
        number("PW_VERSION_REGISTRY", PipeWire.INTERFACE_VERSION);
        number("PW_ID_CORE", PipeWire.PW_ID_CORE);
        number("PW_ID_ANY", PipeWire.PW_ID_ANY);
        number("EPIPE", PipeWire.EPIPE);
        number("PW_DIRECTION_INPUT", PipeWire.PW_DIRECTION_INPUT);
        number("PW_STREAM_FLAG_MAP_BUFFERS", PipeWire.PW_STREAM_FLAG_MAP_BUFFERS);
        number("PW_STREAM_FLAG_RT_PROCESS", PipeWire.PW_STREAM_FLAG_RT_PROCESS);
        number("PW_STREAM_STATE_ERROR", PipeWire.PW_STREAM_STATE_ERROR);
        number("PW_STREAM_STATE_STREAMING", PipeWire.PW_STREAM_STATE_STREAMING);
        number("PW_NODE_STATE_RUNNING", PipeWire.PW_NODE_STATE_RUNNING);
        number("SPA_CHUNK_FLAG_EMPTY", PipeWire.SPA_CHUNK_FLAG_EMPTY);
        number("PW_LINK_STATE_ERROR", PipeWire.PW_LINK_STATE_ERROR);
        number("PW_LINK_STATE_PAUSED", PipeWire.PW_LINK_STATE_PAUSED);
        number("SPA_PARAM_EnumFormat", SpaPod.PARAM_ENUM_FORMAT);
        number("SPA_PARAM_Format", SpaPod.PARAM_FORMAT);
        number("SPA_PARAM_Buffers", SpaPod.PARAM_BUFFERS);
        number("SPA_FORMAT_AUDIO_rate", SpaPod.FORMAT_AUDIO_RATE);
        number("SPA_FORMAT_AUDIO_channels", SpaPod.FORMAT_AUDIO_CHANNELS);
        for (Channel channel : Channel.values()) {
            number("SPA_AUDIO_CHANNEL_" + channel, channel.spaId());
        }
        number("POLLIN", Libc.POLLIN);
        number("sizeof(struct pollfd)", Libc.POLLFD_BYTES);
    }

    @Test
    void everyOffsetAndConstantIsTheHeaders(@TempDir Path folder) throws IOException {
        List<String> sizes = List.of("sizeof(struct spa_hook)", "sizeof(struct pw_time)", "sizeof(sem_t)",
                "sizeof(struct pw_stream_events)");
        Map<String, Long> values = CHeaders.values(
                List.of("errno.h", "poll.h", "semaphore.h", "stddef.h", "stdio.h", "pipewire/pipewire.h",
                        "pipewire/extensions/metadata.h",
                        "spa/param/audio/format.h", "spa/param/audio/format-utils.h"),
                "libpipewire-0.3", Stream.concat(NUMBERS.keySet().stream(), sizes.stream()).toList(), folder);
        NUMBERS.forEach((name, value) -> assertThat(values.get(name)).as(name).isEqualTo(value));
        assertThat(values.get(sizes.get(0))).as("spa_hook fits").isLessThanOrEqualTo(PipeWire.HOOK_BYTES);
        assertThat(values.get(sizes.get(1))).as("pw_time fits").isLessThanOrEqualTo(Offsets.TIME_BYTES);
        assertThat(values.get(sizes.get(2))).as("sem_t fits").isLessThanOrEqualTo(64);
        assertThat(values.get(sizes.get(3))).as("all callbacks a later version may look at are there, as null")
                .isLessThanOrEqualTo(Slots.STREAM_EVENTS);
    }

    @ParameterizedTest
    @ValueSource(strings = {"0.3.48", "0.3.65", "0.3.100", "1.0.0", "1.2.7", "1.5.81", "1.4.2-1ubuntu1"})
    void versionsThatWillDo(String version) {
        PipeWire.Library.requireVersion(version);
    }

    @ParameterizedTest
    @ValueSource(strings = {"0.3.47", "0.3.5", "0.2.99", "0.3"})
    void olderVersionsAreSaidToBeTooOld(String version) {
        ProcTapException failure = org.assertj.core.api.Assertions.catchThrowableOfType(ProcTapException.class,
                () -> PipeWire.Library.requireVersion(version));
        assertThat(failure.kind()).isEqualTo(ProcTapException.Kind.VERSION_TOO_OLD);
        assertThat(failure).hasMessageContaining(version).hasMessageContaining("0.3.48");
    }
}
