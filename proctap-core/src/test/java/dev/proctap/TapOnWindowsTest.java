package dev.proctap;

import static dev.proctap.Taps.SECOND;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assertions.within;

import dev.proctap.TapStatistics.LossCause;
import dev.proctap.pcm.ChannelLayout;
import dev.proctap.pcm.PcmFormat;
import dev.proctap.testbed.Await;
import dev.proctap.testbed.FakeWindows;
import dev.proctap.testbed.Program;
import dev.proctap.testbed.Recording;
import dev.proctap.testbed.Signal;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * What only Windows does, and each call of Windows that fails. After each test the fake is asked whether anything is still
 * held and whether it was used as the documentation asks ({@link RealServer}).
 */
@ExtendWith(OnFakeWindows.class)
class TapOnWindowsTest {

    private static final int LONG = 60 * SECOND;
    private static final Signal WANTED = Signal.noise(1);
    private static final int E_FAIL = 0x80004005;
    private static final int SILENT = 2;
    private static final int TIMESTAMP_ERROR = 4;
    /** What a tap does without: it is recorded all the same. */
    private static final Set<String> DISPENSABLE = Set.of("AvRevertMmThreadCharacteristics",
            "AvSetMmThreadCharacteristicsW", "CloseHandle", "CoUninitialize", "IAudioClient::Stop",
            "IAudioSessionManager2::UnregisterSessionNotification",
            "IMMDeviceEnumerator::UnregisterEndpointNotificationCallback", "QueryPerformanceCounter",
            "QueryPerformanceFrequency", "RegGetValueW", "SetEvent", "WaitForSingleObject");

    @TempDir
    Path folder;

    private Path wanted() {
        return WANTED.write(folder.resolve("wanted.wav"), LONG);
    }

    private static ProcTapException failureOf(AudioTarget target, TapOptions options) {
        try (ProcessAudioTap tap = ProcessAudioTap.of(target, options)) {
            return catchThrowableOfType(ProcTapException.class, tap::start);
        }
    }

    @Test
    void whereTheEngineDoesNotConvertToFloat16BitAreAskedFor(FakeWindows windows) throws InterruptedException {
        windows.set("rejects float", 1);
        Program target = Taps.play(windows, wanted());
        try (ProcessAudioTap tap = ProcessAudioTap.of(AudioTarget.pid(target.pid())).start()) {
            Taps.assertExact(Taps.record(tap, SECOND).match(WANTED, LONG));
        }
    }

    @Test
    void anotherFormatIsConvertedTo(FakeWindows windows) throws InterruptedException {
        Program target = Taps.play(windows, Signal.sine(440, 0.5, 1).write(folder.resolve("sine.wav"), LONG));
        TapOptions mono = TapOptions.DEFAULTS
                .withFormat(PcmFormat.STANDARD.withLayout(ChannelLayout.MONO).withSampleRateHz(16_000));
        try (ProcessAudioTap tap = ProcessAudioTap.of(AudioTarget.pid(target.pid()), mono).start()) {
            AudioChunk chunk = tap.read(Duration.ofSeconds(5));
            assertThat(chunk).isNotNull();
            assertThat(chunk.frames()).isEqualTo(160);
            double peak = 0;
            for (int i = 0; i < 50; i++) {
                chunk = tap.read(Duration.ofSeconds(5));
                assertThat(chunk).isNotNull();
                for (ByteBuffer bytes = chunk.bytes(); bytes.hasRemaining();) {
                    peak = Math.max(peak, Math.abs(bytes.getFloat()));
                }
            }
            assertThat(peak).isCloseTo(0.5, within(0.01));
        }
    }

    @Test
    void whatStandsInASilentPacketIsNotHeardAndAWrongTimeDoesNotMoveOne(FakeWindows windows)
            throws InterruptedException {
        Program target = Taps.play(windows, wanted());
        try (ProcessAudioTap tap = ProcessAudioTap.of(AudioTarget.pid(target.pid())).start()) {
            Recording recording = Taps.record(tap, SECOND / 2);
            windows.set("flags", TIMESTAMP_ERROR);
            Taps.record(tap, recording, SECOND / 2);
            Recording.Match whole = recording.match(WANTED, LONG);
            Taps.assertExact(whole);

            windows.set("flags", SILENT);
            Recording.Match before = whole;
            Taps.recordUntil(tap, recording, r -> r.firstSilence(before.firstFrame(), 400) < r.frames());
            int gap = recording.firstSilence(before.firstFrame(), 400);
            Taps.record(tap, recording, SECOND / 2);
            int back = recording.firstSound(gap);
            assertThat(back - gap).isEqualTo(SECOND / 100);
            assertThat(recording.is(WANTED, before.signalFrame() + back - before.firstFrame(), back)).isTrue();
        }
    }

    @Test
    void aDeviceThatIsGoneIsOpenedAnewAndTheGapCounted(FakeWindows windows) throws InterruptedException {
        Program target = Taps.play(windows, wanted());
        Taps.Events events = new Taps.Events();
        try (ProcessAudioTap tap = ProcessAudioTap
                .of(AudioTarget.pid(target.pid()), TapOptions.DEFAULTS.withListener(events)).start()) {
            Recording recording = Taps.record(tap, SECOND / 2);
            // from here on every call on what was opened before fails
            windows.invalidateDevices();
            Taps.recordPastALoss(tap, recording, SECOND);
            assertThat(events.of(TapEvent.ServerLost.class)).isEmpty();
            assertThat(tap.statistics().losses()).anyMatch(loss -> loss.cause() == LossCause.RECONNECT);
            // what came after stands where it would without the gap
            int middle = recording.frames() - SECOND / 4;
            long offset = recording.mostAlike(WANTED, 10 * SECOND, middle) - middle;
            long atFirst = recording.mostAlike(WANTED, 10 * SECOND, SECOND / 4) - SECOND / 4;
            assertThat((double) (offset - atFirst)).isCloseTo(0, within(SECOND / 100.0));
            Taps.printLoss("device gone", tap);
        }
    }

    @Test
    void whatAStandStillOfOursCostsIsCounted(FakeWindows windows) throws InterruptedException {
        Program target = Taps.play(windows, wanted());
        TapListener stands = event -> {
            if (event instanceof TapEvent.StreamVolume) {
                // the listener is called by the thread that captures
                try {
                    Thread.sleep(1500);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }
        };
        try (ProcessAudioTap tap = ProcessAudioTap.of(AudioTarget.pid(target.pid()),
                TapOptions.DEFAULTS.withListener(stands)).start()) {
            Recording recording = Taps.record(tap, SECOND / 2);
            windows.setVolume(target, "50%");
            Taps.recordPastALoss(tap, recording, SECOND);
            // the device keeps the latest half of it or more
            assertThat(tap.statistics().framesLost()).isGreaterThan(SECOND / 2L);
            assertThat(tap.statistics().losses()).anyMatch(loss -> loss.cause() == LossCause.CAPTURE);
        }
    }

    @Test
    void oneProgramIsLeftOut(FakeWindows windows) throws InterruptedException {
        Program left = Taps.play(windows, Signal.noise(9).write(folder.resolve("left.wav"), LONG));
        Taps.play(windows, wanted());
        try (ProcessAudioTap tap = ProcessAudioTap
                .of(AudioTarget.everythingBut(AudioTarget.pid(left.pid()))).start()) {
            Recording recording = Taps.recordUntil(tap, new Recording(), r -> r.firstSound(0) < r.frames());
            Taps.record(tap, recording, SECOND / 2);
            Taps.assertExact(recording.match(WANTED, LONG));
        }
    }

    @Test
    void theListShowsPeakAndWhatIsPaused(FakeWindows windows) {
        Program target = Taps.play(windows, Signal.sine(440, 0.5, 1).write(folder.resolve("sine.wav"), LONG));
        Await.until("it is heard", Taps.PATIENCE,
                () -> AudioProcess.list().getFirst().streams().getFirst().peak() > 0);
        AudioProcess process = AudioProcess.list().getFirst();
        assertThat(process.pid()).isEqualTo(target.pid());
        assertThat(process.name()).isEqualTo("paplay");
        PlaybackStream stream = process.streams().getFirst();
        assertThat(stream.name()).isEqualTo("sine.wav");
        assertThat(stream.running()).isTrue();
        assertThat(stream.peak()).isCloseTo(0.5, within(0.01));
        windows.setPaused(target, true);
        Await.until("it is paused", Taps.PATIENCE,
                () -> !AudioProcess.list().getFirst().streams().getFirst().running());
        assertThat(failureOf(AudioTarget.pid(target.pid()), TapOptions.DEFAULTS)).hasMessageContaining("is paused");
    }

    @Test
    void anOlderWindowsIsToldAndNothingElseRecorded(FakeWindows windows) {
        windows.set("build", 18363);
        ProcTapException failure = failureOf(AudioTarget.pid(ProcessHandle.current().pid()), TapOptions.DEFAULTS);
        assertThat(failure.kind()).isEqualTo(ProcTapException.Kind.VERSION_TOO_OLD);
        assertThat(failure).hasMessageContaining("build 18363").hasMessageContaining("19041");
        assertThat(windows.calls()).doesNotContain("ActivateAudioInterfaceAsync");
    }

    @Test
    void whatWindowsCannotDoIsSaid() {
        AudioTarget own = AudioTarget.pid(ProcessHandle.current().pid());
        assertThat(failureOf(AudioTarget.pidOnly(1), TapOptions.DEFAULTS))
                .hasMessageContaining("together with its descendants").extracting(ProcTapException::kind)
                .isEqualTo(ProcTapException.Kind.NOT_SUPPORTED);
        assertThat(failureOf(own, TapOptions.DEFAULTS.withMuteTarget(true)).kind())
                .isEqualTo(ProcTapException.Kind.NOT_SUPPORTED);
        assertThat(failureOf(own, TapOptions.DEFAULTS.withTracks(TapOptions.TrackRule.STREAM, 2)).kind())
                .isEqualTo(ProcTapException.Kind.NOT_SUPPORTED);
        assertThat(failureOf(AudioTarget.anyOf(own, AudioTarget.system()), TapOptions.DEFAULTS).kind())
                .isEqualTo(ProcTapException.Kind.NOT_SUPPORTED);
    }

    @Test
    void anActivationThatIsNeverAnsweredIsNotWaitedForForEver(FakeWindows windows) {
        Program target = Taps.play(windows, wanted());
        windows.set("never completes", 1);
        ProcTapException failure = failureOf(AudioTarget.pid(target.pid()), TapOptions.DEFAULTS);
        assertThat(failure.kind()).isEqualTo(ProcTapException.Kind.NO_AUDIO_SERVER);
        assertThat(failure).hasMessageContaining("did not answer");
    }

    @Test
    void theServiceDoesNotRun(FakeWindows windows) {
        windows.kill();
        try {
            ProcTapException failure = failureOf(AudioTarget.system(), TapOptions.DEFAULTS);
            assertThat(failure.kind()).isEqualTo(ProcTapException.Kind.NO_AUDIO_SERVER);
            assertThat(failure).hasMessageContaining("net start audiosrv")
                    .hasMessageContaining("AUDCLNT_E_SERVICE_NOT_RUNNING");
        } finally {
            windows.restart();
        }
    }

    @Test
    void eachCallThatFailsIsToldAndNothingIsLeftOver(FakeWindows windows) throws InterruptedException {
        FailingCalls.assertHarmless(windows, Taps.play(windows, wanted()).pid(), E_FAIL,
                told -> told.contains("E_FAIL") || told.contains("made no event"), DISPENSABLE);
    }
}
