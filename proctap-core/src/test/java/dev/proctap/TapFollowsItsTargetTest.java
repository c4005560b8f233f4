package dev.proctap;

import static dev.proctap.Taps.SECOND;
import static org.assertj.core.api.Assertions.assertThat;

import dev.proctap.testbed.Await;
import dev.proctap.testbed.AudioServer;
import dev.proctap.testbed.FakeMacOs;
import dev.proctap.testbed.Program;
import dev.proctap.testbed.Recording;
import dev.proctap.testbed.Signal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.ClassTemplate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** A target is a rule: streams and children that come later count, without a click in what played already. */
@ClassTemplate
@ExtendWith(OnEveryServer.class)
class TapFollowsItsTargetTest {

    private static final int LONG = 60 * SECOND;
    private static final Signal WANTED = Signal.noise(1);

    @TempDir
    Path folder;

    /** A script that plays the files whose names it is given by {@link #tell}, each in a child of its own. */
    private Program parent(AudioServer server) {
        return server.start("sh", "-c", "cd " + folder + "; n=0; while :; do while ! [ -e go$n ]; do sleep 0.02; done; "
                + server.playCommand(Path.of("$(cat go$n)")) + " & n=$((n+1)); done");
    }

    private void tell(int n, Path file) throws IOException {
        Path draft = Files.writeString(folder.resolve("draft"), file.toString());
        Files.move(draft, folder.resolve("go" + n));
    }

    @Test
    void aChildThatStartsLaterIsRecordedWithinASecond(AudioServer server)
            throws IOException, InterruptedException {
        Program parent = parent(server);
        Taps.Events events = new Taps.Events();
        TapOptions options = TapOptions.DEFAULTS.withWaitForTarget(true).withListener(events);
        try (ProcessAudioTap tap = ProcessAudioTap.of(AudioTarget.pid(parent.pid()), options).start()) {
            tell(0, WANTED.write(folder.resolve("wanted.wav"), LONG));
            Recording recording = Taps.recordUntil(tap, new Recording(), r -> r.firstSound(0) < r.frames());
            Taps.record(tap, recording, SECOND);
            Recording.Match match = recording.match(WANTED, LONG);
            Taps.assertExact(match);
            assertThat(match.signalFrame()).as("frames of the beginning that were missed").isLessThan(SECOND);
            events.await(TapEvent.TargetStarted.class, 1);
            assertThat(events.of(TapEvent.StreamLinked.class)).singleElement()
                    .satisfies(event -> assertThat(event.program()).isIn("pw-play", "paplay"))
                    // macOS knows no names of streams
                    .satisfies(event -> assertThat(event.streamName())
                            .contains(server instanceof FakeMacOs ? "" : "wanted.wav"));
        }
    }

    @Test
    void anotherStreamOfTheTargetMakesNoClickAndIsMixedExactly(AudioServer server)
            throws IOException, InterruptedException {
        // both at half the level, so that their sum is exact in float32
        Signal first = (frame, channel) -> (short) (Signal.noise(1).sample(frame, channel) / 2);
        Signal second = (frame, channel) -> (short) (Signal.noise(2).sample(frame, channel) / 2);
        Program parent = parent(server);
        tell(0, first.write(folder.resolve("first.wav"), LONG));
        Taps.awaitPlaying(parent);
        Taps.Events events = new Taps.Events();
        try (ProcessAudioTap tap = ProcessAudioTap.of(AudioTarget.pid(parent.pid()),
                TapOptions.DEFAULTS.withListener(events)).start()) {
            Recording recording = Taps.record(tap, SECOND);
            tell(1, second.write(folder.resolve("second.wav"), 2 * SECOND));
            while (events.of(TapEvent.StreamUnlinked.class).isEmpty()) {
                Taps.record(tap, recording, 480);
            }
            Taps.record(tap, recording, SECOND);
            assertThat(events.of(TapEvent.StreamLinked.class)).hasSize(2);

            int start = recording.firstSound(0);
            Recording.Match alone = recording.match(first, LONG, start, start + SECOND / 2);
            Taps.assertExact(alone);
            Recording rest = new Recording();
            java.nio.ByteBuffer frame = java.nio.ByteBuffer.allocate(8);
            for (int i = start; i < recording.frames(); i++) {
                long at = alone.signalFrame() + i - start;
                frame.clear().putFloat(recording.sample(i, 0) - first.sample(at, 0) / 32768f)
                        .putFloat(recording.sample(i, 1) - first.sample(at, 1) / 32768f).flip();
                rest.addFloats(frame);
            }
            int from = rest.firstSound(0);
            int to = rest.firstSilence(from, SECOND / 2);
            assertThat(rest.peak(to, rest.frames())).as("the first stream alone after the second").isZero();
            Taps.assertExact(rest.match(second, 2L * SECOND, from, to));
            assertThat(to - from).as("frames of the second stream").isGreaterThan(SECOND);
        }
    }

    @Test
    void theProcessAloneIsRecordedWhereAskedFor(AudioServer server) throws IOException, InterruptedException {
        Taps.assumeNotFake(server, "it records a process with its descendants");
        Program parent = parent(server);
        tell(0, WANTED.write(folder.resolve("wanted.wav"), LONG));
        Taps.awaitPlaying(parent);
        long child = parent.handle().children().filter(process -> AudioProcess.list().stream()
                .anyMatch(playing -> playing.pid() == process.pid())).findFirst().orElseThrow().pid();
        try (ProcessAudioTap whole = ProcessAudioTap.of(AudioTarget.pid(parent.pid())).start();
                ProcessAudioTap alone = ProcessAudioTap.of(AudioTarget.pidOnly(parent.pid()));
                ProcessAudioTap player = ProcessAudioTap.of(AudioTarget.pidOnly(child)).start()) {
            assertThat(org.assertj.core.api.Assertions.catchThrowableOfType(ProcTapException.class, alone::start)
                    .kind()).isEqualTo(ProcTapException.Kind.NOT_PLAYING);
            Taps.assertExact(Taps.record(whole, SECOND / 2).match(WANTED, LONG));
            Taps.assertExact(Taps.record(player, SECOND / 2).match(WANTED, LONG));
        }
    }

    @Test
    void theTargetExitsAndTheCaptureEnds(AudioServer server) throws InterruptedException {
        Program target = Taps.play(server, WANTED.write(folder.resolve("wanted.wav"), LONG));
        Taps.Events events = new Taps.Events();
        try (ProcessAudioTap tap = ProcessAudioTap.of(AudioTarget.pid(target.pid()),
                TapOptions.DEFAULTS.withListener(events)).start()) {
            Recording recording = Taps.record(tap, SECOND);
            target.close();
            for (AudioChunk chunk : tap.chunks()) {
                recording.addFloats(chunk.bytes());
            }
            Taps.assertExact(recording.match(WANTED, LONG, recording.firstSound(0),
                    recording.firstSilence(recording.firstSound(0), 64)));
            assertThat(tap.isDrained()).isTrue();
            assertThat(tap.isRunning()).isFalse();
            assertThat(tap.failure()).isNull();
            assertThat(events.of(TapEvent.TargetExited.class))
                    .containsExactly(new TapEvent.TargetExited(target.pid()));
        }
    }

    @Test
    void theDefaultSinkIsUnpluggedAndTheProgramMovesToAnother(AudioServer server)
            throws InterruptedException {
        Taps.assumeNotMacOs(server, "it needs another tap then: TapOnMacOsTest");
        server.createSink("usb-sink", 2);
        boolean unplugged = false;
        try {
            server.setDefaultSink("usb-sink");
            Program target = server.play(WANTED.write(folder.resolve("wanted.wav"), LONG));
            Taps.awaitPlaying(target);
            Await.until("it plays there", Duration.ofSeconds(10), () -> server.playsTo(target, "usb-sink"));
            try (ProcessAudioTap tap = ProcessAudioTap.of(AudioTarget.pid(target.pid())).start()) {
                Recording recording = Taps.record(tap, SECOND / 2);
                server.destroySink("usb-sink");
                unplugged = true;
                Await.until("moved", Duration.ofSeconds(10), () -> server.playsTo(target, AudioServer.SINK));
                Taps.record(tap, recording, SECOND / 2);
                Taps.recordUntil(tap, recording, r -> r.firstSilence(r.frames() - SECOND / 4, 64) == r.frames());
                Taps.assertExact(recording.match(WANTED, LONG, recording.frames() - SECOND / 4, recording.frames()));
                Taps.printLoss("default sink removed", tap);
            }
        } finally {
            server.setDefaultSink(AudioServer.SINK);
            if (!unplugged) {
                server.destroySink("usb-sink");
            }
        }
    }
}
