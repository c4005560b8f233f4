package dev.proctap;

import static dev.proctap.Taps.SECOND;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.proctap.testbed.AudioServer;
import dev.proctap.testbed.Await;
import dev.proctap.testbed.Recording;
import dev.proctap.testbed.Signal;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.ClassTemplate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.jspecify.annotations.Nullable;

/** A microphone is captured by its name, alone, and found again when it comes back. */
@ClassTemplate
@ExtendWith(OnRealServers.class)
class TapRecordsInputDevicesTest {

    private static final int LONG = 60 * SECOND;

    @TempDir
    Path folder;

    private @Nullable AudioServer server;
    private String feed = "";
    private String microphone = "";

    /** A virtual microphone that hears what is played to a sink of its own. */
    private void plugIn(AudioServer on) {
        server = on;
        feed = on.run("pactl", "load-module", "module-null-sink", "sink_name=feed", "rate=48000").strip();
        plugInMicrophone(on);
    }

    private void plugInMicrophone(AudioServer on) {
        microphone = on.run("pactl", "load-module", "module-remap-source", "master=feed.monitor",
                "source_name=test_microphone", "source_properties=device.description=Test-Microphone").strip();
        Await.until(() -> "the microphone is listed: " + AudioInputDevice.list(), Duration.ofSeconds(10),
                () -> device().isPresent());
    }

    private static Optional<AudioInputDevice> device() {
        return AudioInputDevice.list().stream().filter(each -> each.name().contains("test_microphone")).findFirst();
    }

    @AfterEach
    void unplug() {
        AudioServer on = server;
        if (on != null) {
            on.run("sh", "-c", "pactl unload-module " + microphone + "; pactl unload-module " + feed);
        }
    }

    private void playToMicrophone(AudioServer on, double hz) {
        Path wav = Signal.sine(hz, 0.25, 1).write(folder.resolve(hz + ".wav"), LONG);
        on.start("paplay", "--device=feed", "--latency-msec=50", wav.toString());
    }

    @Test
    void aMicrophoneIsListedAndRecordedAndNoProgramIs(AudioServer on) throws InterruptedException {
        plugIn(on);
        AudioInputDevice listed = device().orElseThrow();
        assertThat(listed.description()).contains("Test-Microphone");
        Path other = Signal.sine(3000, 0.25, 1).write(folder.resolve("other.wav"), LONG);
        Taps.play(on, other);
        playToMicrophone(on, 440);
        try (ProcessAudioTap tap = ProcessAudioTap.of(AudioTarget.inputDevice(listed.name())).start()) {
            Recording recording = Taps.recordUntil(tap, new Recording(), r -> r.firstSound(0) < r.frames());
            Recording heard = Taps.record(tap, 2 * SECOND);
            assertThat(heard.toneDbfs(440)).isBetween(-13.0, -11.0);
            assertThat(heard.toneDbfs(3000)).isLessThan(-100);
            assertThat(recording.frames()).isPositive();
        }
    }

    @Test
    void theUsualMicrophoneIsTheOneThatTheUserHasChosen(AudioServer on) throws InterruptedException {
        plugIn(on);
        AudioInputDevice listed = device().orElseThrow();
        on.run("pactl", "set-default-source", "test_microphone");
        Await.until(() -> "it is the usual one: " + AudioInputDevice.list(), Duration.ofSeconds(10),
                () -> device().filter(AudioInputDevice::isDefault).isPresent());
        assertThat(listed.channels()).isBetween(1, 2);
        playToMicrophone(on, 440);
        try (ProcessAudioTap tap = ProcessAudioTap.of(AudioTarget.inputDevice("")).start()) {
            Taps.recordUntil(tap, new Recording(), r -> r.firstSound(0) < r.frames());
            assertThat(Taps.record(tap, SECOND).toneDbfs(440)).isBetween(-13.0, -11.0);
        }
    }

    @Test
    void aMicrophoneThatIsUnpluggedIsSilentAndComesBack(AudioServer on) throws InterruptedException {
        plugIn(on);
        playToMicrophone(on, 440);
        try (ProcessAudioTap tap = ProcessAudioTap.of(AudioTarget.inputDevice(device().orElseThrow().name())).start()) {
            Recording recording = Taps.recordUntil(tap, new Recording(), r -> r.firstSound(0) < r.frames());
            on.run("pactl", "unload-module", microphone);
            int gone = recording.frames();
            Taps.recordUntil(tap, recording,
                    r -> r.firstSilence(gone, SECOND / 2) + SECOND / 2 <= r.frames());
            plugInMicrophone(on);
            int back = recording.frames();
            Taps.recordUntil(tap, recording, r -> r.firstSound(back) < r.frames());
        }
    }

    @Test
    void aNameThatNoMicrophoneHasIsAnError(AudioServer on) {
        assertThatThrownBy(() -> ProcessAudioTap.of(AudioTarget.inputDevice("no such microphone")).start())
                .isInstanceOfSatisfying(ProcTapException.class,
                        e -> assertThat(e.kind()).isEqualTo(ProcTapException.Kind.NO_SUCH_DEVICE))
                .hasMessageContaining("no input device is called no such microphone");
        assertThatThrownBy(() -> AudioTarget.anyOf(AudioTarget.inputDevice(""), AudioTarget.pid(1)))
                .hasMessageContaining("by itself");
        assertThat(on.environment()).isNotEmpty();
    }
}
