package dev.proctap;

import static dev.proctap.Taps.SECOND;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.proctap.testbed.AudioServer;
import dev.proctap.testbed.Program;
import dev.proctap.testbed.Recording;
import dev.proctap.testbed.Signal;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.function.Function;
import org.junit.jupiter.api.ClassTemplate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** A target is a process, a name, an application, several of them, or everything but some. */
@ClassTemplate
@ExtendWith(OnEveryServer.class)
class TapChoosesItsTargetTest {

    private static final int LONG = 60 * SECOND;
    /** Both at half the level, so that their sum is exact in float32. */
    private static final Signal FIRST = (frame, channel) -> (short) (Signal.noise(1).sample(frame, channel) / 2);
    private static final Signal SECOND_SIGNAL = (frame, channel) -> (short) (Signal.noise(2).sample(frame, channel)
            / 2);

    @TempDir
    Path folder;

    /** A player of its own name: a shell script of that name, whose child plays. */
    private Program named(AudioServer server, String name, Signal signal) {
        return named(server, name, signal, LONG);
    }

    private Program named(AudioServer server, String name, Signal signal, int frames) {
        Program program = server.start(script(server, name, signal, frames).toString());
        Taps.awaitPlaying(program);
        return program;
    }

    private Path script(AudioServer server, String name, Signal signal, int frames) {
        try {
            Path directory = Files.createTempDirectory(folder, "bin");
            Path wav = signal.write(directory.resolve("sound.wav"), frames);
            Path script = Files.writeString(directory.resolve(name),
                    "#!/bin/sh\n" + server.playCommand(wav) + "\n:\n");
            assertThat(script.toFile().setExecutable(true)).isTrue();
            return script;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static ProcTapException failureOf(AudioTarget target) {
        try (ProcessAudioTap tap = ProcessAudioTap.of(target)) {
            return catchThrowableOfType(ProcTapException.class, tap::start);
        }
    }

    private static void assertRecords(AudioTarget target, Signal signal) throws InterruptedException {
        try (ProcessAudioTap tap = ProcessAudioTap.of(target).start()) {
            Recording recording = Taps.recordUntil(tap, new Recording(),
                    r -> r.firstSound(0) < r.frames() - SECOND / 2);
            Taps.assertExact(recording.match(signal, LONG, recording.firstSound(0), recording.frames()));
        }
    }

    /** What is left of a recording when one of two signals is taken out must be the other one. */
    private static void assertIsMix(Recording recording, Signal one, Signal other) {
        int middle = recording.frames() / 2;
        Recording rest = without(recording, middle, SECOND / 4, one, recording.mostAlike(one, 15 * SECOND, middle));
        Taps.assertExact(rest.match(other, LONG, rest.firstSound(0), rest.frames()));
    }

    private static Recording without(Recording recording, int from, int frames, Signal signal, long signalFrame) {
        Recording rest = new Recording();
        ByteBuffer frame = ByteBuffer.allocate(8);
        for (int i = 0; i < frames; i++) {
            frame.clear();
            for (int channel = 0; channel < 2; channel++) {
                frame.putFloat(recording.sample(from + i, channel) - signal.sample(signalFrame + i, channel) / 32768f);
            }
            rest.addFloats(frame.flip());
        }
        return rest;
    }

    @Test
    void aNameIsThatOfTheExecutableWhateverItsCaseThePathAndExe(AudioServer server) throws InterruptedException {
        Program wanted = named(server, "My-Game", FIRST);
        named(server, "my-game-launcher", SECOND_SIGNAL);
        for (String name : new String[]{"my-game", "MY-GAME.exe", "My-Game"}) {
            assertRecords(AudioTarget.name(name), FIRST);
        }
        assertThat(wanted.isAlive()).isTrue();
    }

    @Test
    void aNameIsElseWhatTheProgramCallsItselfElseABeginning(AudioServer server) throws InterruptedException {
        Taps.assumeNotMacOs(server, "it knows programs by their executables alone");
        Path wav = FIRST.write(folder.resolve("first.wav"), LONG);
        Taps.awaitPlaying(server.start("paplay", "--latency-msec=100", "--client-name=Music Box", wav.toString()));
        named(server, "something-else", SECOND_SIGNAL);
        assertRecords(AudioTarget.name("music box"), FIRST);
        assertRecords(AudioTarget.name("somethi"), SECOND_SIGNAL);
        assertRecords(AudioTarget.name("music"), FIRST);
    }

    @Test
    void ofSeveralProgramsOfANameNoneIsTakenUnlessAllAre(AudioServer server) throws InterruptedException {
        Program first = named(server, "twin", FIRST);
        Program second = named(server, "twin", SECOND_SIGNAL);
        ProcTapException failure = failureOf(AudioTarget.name("twin"));
        assertThat(failure.kind()).isEqualTo(ProcTapException.Kind.AMBIGUOUS);
        assertThat(failure).hasMessageContaining("2 programs are called twin")
                .hasMessageContaining("pid " + first.pid())
                .hasMessageContaining("pid " + second.pid());
        assertRecords(AudioTarget.pid(second.pid()), SECOND_SIGNAL);
        try (ProcessAudioTap tap = ProcessAudioTap.of(AudioTarget.allNamed("twin")).start()) {
            assertIsMix(Taps.record(tap, SECOND), FIRST, SECOND_SIGNAL);
        }
    }

    @Test
    void severalTargetsAreMixedAndTheRestIsNot(AudioServer server) throws InterruptedException {
        Program first = named(server, "one", FIRST);
        named(server, "two", SECOND_SIGNAL);
        named(server, "three", Signal.noise(3));
        try (ProcessAudioTap tap = ProcessAudioTap
                .of(AudioTarget.anyOf(AudioTarget.pid(first.pid()), AudioTarget.name("two"))).start()) {
            assertIsMix(Taps.record(tap, SECOND), FIRST, SECOND_SIGNAL);
        }
    }

    @Test
    void everythingButSome(AudioServer server) throws InterruptedException {
        named(server, "one", FIRST);
        named(server, "two", SECOND_SIGNAL);
        Program third = named(server, "three", Signal.noise(3));
        assertRecords(AudioTarget.everythingBut(AudioTarget.allNamed("two"), AudioTarget.pid(third.pid())), FIRST);
        third.close();
        try (ProcessAudioTap tap = ProcessAudioTap.of(AudioTarget.system()).start()) {
            Recording recording = Taps.recordUntil(tap, new Recording(), r -> r.firstSound(0) < r.frames() / 2);
            assertIsMix(Taps.record(tap, recording, 2 * SECOND), FIRST, SECOND_SIGNAL);
        }
    }

    @Test
    void theSystemIsRecordedAlsoWhileNothingPlays(AudioServer server) throws InterruptedException {
        try (ProcessAudioTap tap = ProcessAudioTap.of(AudioTarget.system()).start()) {
            Recording recording = Taps.record(tap, SECOND / 2);
            assertThat(recording.firstSound(0)).isEqualTo(recording.frames());
            named(server, "one", FIRST);
            Taps.recordUntil(tap, recording, r -> r.firstSound(0) < r.frames() - SECOND / 4);
            Taps.assertExact(recording.match(FIRST, LONG, recording.firstSound(0), recording.frames()));
        }
    }

    @Test
    void aProgramIsWaitedForByItsNameBeforeItIsStarted(AudioServer server) throws InterruptedException {
        Taps.Events events = new Taps.Events();
        try (ProcessAudioTap tap = ProcessAudioTap.of(AudioTarget.name("late"),
                TapOptions.DEFAULTS.withWaitForTarget(true).withListener(events)).start()) {
            named(server, "other", SECOND_SIGNAL);
            named(server, "late", FIRST);
            Recording recording = Taps.record(tap, SECOND);
            Taps.assertExact(recording.match(FIRST, LONG, recording.firstSound(0), recording.frames()));
        }
    }

    @Test
    void whatPlaysNothingIsToldByItsName(AudioServer server) {
        assertThat(failureOf(AudioTarget.name("no-such-program"))).hasMessage("no program is called no-such-program")
                .extracting(ProcTapException::kind).isEqualTo(ProcTapException.Kind.NO_SUCH_PROCESS);
        Program idle = server.start("sleep", "61");
        assertThat(failureOf(AudioTarget.name("sleep")).kind()).isEqualTo(ProcTapException.Kind.NOT_PLAYING);
        assertThat(failureOf(AudioTarget.pid(idle.pid())).kind()).isEqualTo(ProcTapException.Kind.NOT_PLAYING);
        assertThat(failureOf(AudioTarget.application("org.example.App")))
                .hasMessageContaining("org.example.App is not playing anything");
    }

    /** Returns the frames between what the program played before it ended and what it played when it was back. */
    private int gapOfAnExit(AudioServer server, Function<Program, AudioTarget> target, TapOptions.TargetExit exit)
            throws InterruptedException {
        Path script = script(server, "comes-back", FIRST, LONG);
        Program first = server.start(script.toString());
        Taps.awaitPlaying(first);
        Taps.Events events = new Taps.Events();
        try (ProcessAudioTap tap = ProcessAudioTap.of(target.apply(first), TapOptions.DEFAULTS.withTargetExit(exit)
                .withListener(events).withQueue(Duration.ofSeconds(20))).start()) {
            Recording recording = Taps.record(tap, SECOND / 2);
            long pid = first.pid();
            first.close();
            events.await(TapEvent.TargetExited.class, 1);
            // what it had started to play is killed after it, and may be told of by itself in between
            assertThat(events.of(TapEvent.TargetExited.class)).startsWith(new TapEvent.TargetExited(pid));
            Thread.sleep(2000); // the time itself is what is tried
            Program again = server.start(script.toString());
            events.await(TapEvent.TargetStarted.class, 2);
            // the end of the first sound, and the beginning of the second after whatever lies between
            int from = recording.firstSound(0);
            Recording.Match before = recording.match(FIRST, LONG, from, recording.frames());
            Taps.recordUntil(tap, recording, r -> r.firstSound(end(r, before)) < r.frames() - SECOND / 2);
            int end = end(recording, before);
            int back = recording.firstSound(end);
            Taps.assertExact(recording.match(FIRST, LONG, back, recording.frames()));
            again.close();
            return back - end;
        }
    }

    /** The first frame that does not go on as a piece of the first signal does. */
    private static int end(Recording recording, Recording.Match piece) {
        int frame = piece.firstFrame();
        while (frame < recording.frames()
                && recording.is(FIRST, piece.signalFrame() + frame - piece.firstFrame(), frame)) {
            frame++;
        }
        return frame;
    }

    @Test
    void aProgramIsFollowedOverItsExitWithTheTimeBetweenAsSilence(AudioServer server) throws InterruptedException {
        assertThat(gapOfAnExit(server, program -> AudioTarget.name("comes-back"), TapOptions.TargetExit.FOLLOW))
                .isGreaterThan(2 * SECOND);
        assertThat(gapOfAnExit(server, program -> AudioTarget.pid(program.pid()), TapOptions.TargetExit.FOLLOW))
                .isGreaterThan(2 * SECOND);
    }

    @Test
    void aProgramIsFollowedOverItsExitWithoutTheTimeBetween(AudioServer server) throws InterruptedException {
        assertThat(gapOfAnExit(server, program -> AudioTarget.name("comes-back"),
                TapOptions.TargetExit.FOLLOW_WITHOUT_GAP)).isLessThan(SECOND / 2);
    }

    @Test
    void everyProgramEndsWithTheLastWhereAskedFor(AudioServer server) throws InterruptedException {
        Program only = named(server, "one", FIRST);
        try (ProcessAudioTap tap = ProcessAudioTap.of(AudioTarget.allNamed("one"),
                TapOptions.DEFAULTS.withTargetExit(TapOptions.TargetExit.END)).start()) {
            Taps.record(tap, SECOND / 4);
            only.close();
            while (tap.read(Duration.ofSeconds(5)) != null) {
                // to the end
            }
            assertThat(tap.isDrained()).isTrue();
        }
    }

    @Test
    void aPidThatWasGivenToAnotherProgramSinceItWasListedIsNotTaken(AudioServer server) throws InterruptedException {
        Program program = named(server, "one", FIRST);
        AudioProcess listed = AudioProcess.list().getFirst();
        assertRecords(AudioTarget.of(listed), FIRST);
        Instant before = program.handle().info().startInstant().orElseThrow().minusSeconds(60);
        ProcTapException failure = failureOf(new AudioTarget.OfProcess(program.pid(), true, before));
        assertThat(failure.kind()).isEqualTo(ProcTapException.Kind.NO_SUCH_PROCESS);
        assertThat(failure).hasMessageContaining("its pid is that of another program now");
    }
}
