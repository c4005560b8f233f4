package dev.proctap;

import static dev.proctap.Taps.SECOND;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assertions.within;

import dev.proctap.TapStatistics.LossCause;
import dev.proctap.testbed.AudioServer;
import dev.proctap.testbed.Await;
import dev.proctap.testbed.FakeMacOs;
import dev.proctap.testbed.Program;
import dev.proctap.testbed.Recording;
import dev.proctap.testbed.Signal;
import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What only macOS does, and each call of macOS that fails. After each test the fake is asked whether anything is still held
 * and whether it was used as the documentation asks ({@link RealServer}).
 */
@ExtendWith(OnFakeMacOs.class)
class TapOnMacOsTest {

    private static final int LONG = 60 * SECOND;
    private static final Signal WANTED = Signal.noise(1);
    private static final int UNSPECIFIED = 0x77686174; // 'what'
    /** What a tap does without: it is recorded all the same. */
    private static final Set<String> DISPENSABLE = Set.of("AudioDeviceDestroyIOProcID", "AudioDeviceStop",
            "AudioHardwareDestroyAggregateDevice", "AudioHardwareDestroyProcessTap",
            "AudioObjectRemovePropertyListener", "CFArrayCreate", "CFDictionaryCreate", "CFNumberCreate", "CFRelease",
            "CFStringCreateWithCString", "CFStringGetCString", "dispatch_release", "dispatch_semaphore_create",
            "dispatch_semaphore_wait", "dispatch_time", "mach_timebase_info", "objc_release", "sel_registerName");

    @TempDir
    Path folder;

    private Path wanted() {
        return WANTED.write(folder.resolve("wanted.wav"), LONG);
    }

    /** 0: float32 interleaved; 1: a buffer for each channel; 2: 16-bit. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2})
    void whateverTheFormatOfTheTapItIsBitExact(int format, FakeMacOs mac) throws InterruptedException {
        mac.set("format", format);
        Program target = Taps.play(mac, wanted());
        try (ProcessAudioTap tap = ProcessAudioTap.of(AudioTarget.pid(target.pid())).start()) {
            Taps.assertExact(Taps.record(tap, SECOND).match(WANTED, LONG));
        }
    }

    /** Frames that follow each other by their count stay so, whatever their times seem to be. */
    @ParameterizedTest
    @ValueSource(strings = {"slow clock", "late times"})
    void aTimeThatIsOffMakesNoGap(String fault, FakeMacOs mac) throws InterruptedException {
        mac.set(fault, 1);
        Program target = Taps.play(mac, wanted());
        try (ProcessAudioTap tap = ProcessAudioTap.of(AudioTarget.pid(target.pid())).start()) {
            Taps.assertExact(Taps.record(tap, SECOND).match(WANTED, LONG));
        }
    }

    /** A machine that sleeps calls nobody, while its sound goes nowhere; then all goes on. */
    @Test
    void aSleepOfThreeSecondsIsCountedAndTheCaptureGoesOn(FakeMacOs mac) throws InterruptedException {
        Program target = Taps.play(mac, wanted());
        try (ProcessAudioTap tap = ProcessAudioTap.of(AudioTarget.pid(target.pid())).start()) {
            Recording recording = Taps.record(tap, SECOND / 2);
            mac.set("skipped cycles", 300);
            Taps.recordWithLosses(tap, recording, 4L * SECOND);
            assertThat(tap.isRunning()).isTrue();
            // over such a time it is the clock that counts, and it is read with some microseconds of chance
            assertThat(tap.statistics().framesLost()).isCloseTo(3L * SECOND, within(5L));
            int middle = recording.frames() - SECOND / 4;
            assertThat(recording.mostAlike(WANTED, 20 * SECOND, middle) - middle).isCloseTo(
                    recording.mostAlike(WANTED, 20 * SECOND, SECOND / 4) - SECOND / 4, within(5L));
        }
    }

    @Test
    void cyclesThatWereMissedAreCountedAndTheirTimeKept(FakeMacOs mac) throws InterruptedException {
        Program target = Taps.play(mac, wanted());
        try (ProcessAudioTap tap = ProcessAudioTap.of(AudioTarget.pid(target.pid())).start()) {
            Recording recording = Taps.record(tap, SECOND / 2);
            mac.set("skipped cycles", 20);
            Taps.recordWithLosses(tap, recording, SECOND);
            assertThat(tap.statistics().framesLost()).isEqualTo(20 * SECOND / 100);
            assertThat(tap.statistics().losses()).allMatch(loss -> loss.cause() == LossCause.CAPTURE);
            int middle = recording.frames() - SECOND / 4;
            assertThat(recording.mostAlike(WANTED, 10 * SECOND, middle) - middle)
                    .isEqualTo(recording.mostAlike(WANTED, 10 * SECOND, SECOND / 4) - SECOND / 4);
        }
    }

    @Test
    void anOutputThatGivesNoCyclesIsDoneWithout(FakeMacOs mac) throws InterruptedException {
        mac.set("no clock", 1);
        Program target = Taps.play(mac, wanted());
        try (ProcessAudioTap tap = ProcessAudioTap.of(AudioTarget.pid(target.pid())).start()) {
            Recording recording = Taps.recordUntil(tap, new Recording(), r -> r.firstSound(0) < r.frames());
            Taps.record(tap, recording, SECOND / 2);
            Taps.assertExact(recording.match(WANTED, LONG));
        }
    }

    @Test
    void whereTheUserHasNotPermittedItThatIsTold(FakeMacOs mac) throws InterruptedException {
        mac.set("withheld", 1);
        Program target = Taps.play(mac, wanted());
        Taps.Events events = new Taps.Events();
        try (ProcessAudioTap tap = ProcessAudioTap
                .of(AudioTarget.pid(target.pid()), TapOptions.DEFAULTS.withListener(events)).start()) {
            Recording silence = new Recording();
            while (events.of(TapEvent.SoundWithheld.class).isEmpty()) {
                assertThat(Taps.record(tap, silence, SECOND / 10).frames()).isLessThan(10 * SECOND);
            }
            assertThat(events.of(TapEvent.SoundWithheld.class).getFirst().advice())
                    .contains("System Audio Recording");
            mac.set("withheld", 0);
            Recording recording = Taps.recordUntil(tap, new Recording(), r -> r.firstSound(0) < r.frames());
            Taps.record(tap, recording, SECOND / 2);
        }
    }

    @Test
    void aProgramThatPausesIsNotTakenForOneThatIsWithheld(FakeMacOs mac) throws InterruptedException {
        Program target = Taps.play(mac, wanted());
        Taps.Events events = new Taps.Events();
        try (ProcessAudioTap tap = ProcessAudioTap
                .of(AudioTarget.pid(target.pid()), TapOptions.DEFAULTS.withListener(events)).start()) {
            Recording recording = Taps.record(tap, SECOND / 2);
            mac.setPaused(target, true);
            Taps.record(tap, recording, 4 * SECOND);
            assertThat(recording.peak(2 * SECOND, recording.frames())).isZero();
            assertThat(events.of(TapEvent.SoundWithheld.class)).isEmpty();
        }
    }

    @Test
    void aMutedTargetIsRecordedAndNotHeard(FakeMacOs mac) throws InterruptedException {
        Program target = Taps.play(mac, wanted());
        TapOptions muted = TapOptions.DEFAULTS.withMuteTarget(true);
        try (MonitorRecorder monitor = MonitorRecorder.start(mac, folder.resolve("monitor.raw"));
                ProcessAudioTap tap = ProcessAudioTap.of(AudioTarget.pid(target.pid()), muted).start()) {
            Taps.assertExact(Taps.record(tap, SECOND).match(WANTED, LONG));
            Recording heard = monitor.finish();
            assertThat(heard.peak(heard.frames() - SECOND, heard.frames())).isZero();
        }
    }

    @Test
    void theDefaultOutputChangesAndTheGapIsCounted(FakeMacOs mac) throws InterruptedException {
        mac.createSink("headphones", 2);
        Program target = Taps.play(mac, wanted());
        Taps.Events events = new Taps.Events();
        try (ProcessAudioTap tap = ProcessAudioTap
                .of(AudioTarget.pid(target.pid()), TapOptions.DEFAULTS.withListener(events)).start()) {
            Recording recording = Taps.record(tap, SECOND / 2);
            mac.setDefaultSink("headphones");
            Taps.recordPastALoss(tap, recording, SECOND);
            assertThat(mac.calls()).contains("AudioDeviceStop");
            int middle = recording.frames() - SECOND / 4;
            assertThat((double) (recording.mostAlike(WANTED, 10 * SECOND, middle) - middle)).isCloseTo(
                    recording.mostAlike(WANTED, 10 * SECOND, SECOND / 4) - SECOND / 4.0, within(SECOND / 50.0));
            assertThat(events.of(TapEvent.ServerLost.class)).isEmpty();
            Taps.printLoss("another default output", tap);
        } finally {
            mac.setDefaultSink(AudioServer.SINK);
            mac.destroySink("headphones");
        }
    }

    @Test
    void theListShowsBundleIdsAndWhatPlays(FakeMacOs mac) {
        Program target = Taps.play(mac, wanted());
        AudioProcess process = AudioProcess.list().getFirst();
        assertThat(process.pid()).isEqualTo(target.pid());
        assertThat(process.streams().getFirst().name()).isEqualTo("org.example.player");
        assertThat(process.playing()).isTrue();
        mac.setPaused(target, true);
        Await.until("it is paused", Taps.PATIENCE, () -> !AudioProcess.list().getFirst().playing());
    }

    @Test
    void aBundleIdIsAnApplicationId(FakeMacOs mac) throws InterruptedException {
        Taps.play(mac, wanted());
        try (ProcessAudioTap tap = ProcessAudioTap.of(AudioTarget.application("org.example.player")).start()) {
            Taps.assertExact(Taps.record(tap, SECOND / 2).match(WANTED, LONG));
        }
    }

    @Test
    void severalAreLeftOut(FakeMacOs mac) throws InterruptedException {
        Program one = Taps.play(mac, Signal.noise(8).write(folder.resolve("8.wav"), LONG));
        Program two = Taps.play(mac, Signal.noise(9).write(folder.resolve("9.wav"), LONG));
        Taps.play(mac, wanted());
        try (ProcessAudioTap tap = ProcessAudioTap
                .of(AudioTarget.everythingBut(AudioTarget.pid(one.pid()), AudioTarget.pid(two.pid()))).start()) {
            Recording recording = Taps.recordUntil(tap, new Recording(), r -> r.firstSound(0) < r.frames());
            Taps.record(tap, recording, SECOND / 2);
            Taps.assertExact(recording.match(WANTED, LONG));
        }
    }

    @Test
    void theAudioSystemDoesNotRun(FakeMacOs mac) {
        mac.kill();
        try (ProcessAudioTap tap = ProcessAudioTap.of(AudioTarget.system())) {
            ProcTapException failure = catchThrowableOfType(ProcTapException.class, tap::start);
            assertThat(failure.kind()).isEqualTo(ProcTapException.Kind.NO_AUDIO_SERVER);
            assertThat(failure).hasMessageContaining("does not run");
        } finally {
            mac.restart();
        }
    }

    @Test
    void eachCallThatFailsIsToldAndNothingIsLeftOver(FakeMacOs mac) throws InterruptedException {
        FailingCalls.assertHarmless(mac, Taps.play(mac, wanted()).pid(), UNSPECIFIED,
                told -> told.contains("kAudioHardwareUnspecifiedError") || told.contains("CATapDescription"),
                DISPENSABLE);
    }
}
