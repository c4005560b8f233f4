package dev.proctap;

import static dev.proctap.Taps.SECOND;
import static org.assertj.core.api.Assertions.assertThat;

import dev.proctap.TapOptions.TrackRule;
import dev.proctap.pcm.ChannelLayout;
import dev.proctap.pcm.PcmFormat;
import dev.proctap.testbed.AudioServer;
import dev.proctap.testbed.Await;
import dev.proctap.testbed.Program;
import dev.proctap.testbed.Recording;
import dev.proctap.testbed.Signal;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.ClassTemplate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Programs, or streams, are recorded side by side, each with channels of its own. */
@ClassTemplate
@ExtendWith(OnEveryServer.class)
class TapRecordsTracksTest {

    private static final int LONG = 60 * SECOND;
    /** Both at half the level, so that their sum is exact in float32. */
    private static final Signal FIRST = (frame, channel) -> (short) (Signal.noise(1).sample(frame, channel) / 2);
    private static final Signal OTHER = (frame, channel) -> (short) (Signal.noise(2).sample(frame, channel) / 2);

    @TempDir
    Path folder;

    private final Taps.Events events = new Taps.Events();
    private int files;

    private Path file(Signal signal) {
        return signal.write(folder.resolve("signal-" + files++ + ".wav"), LONG);
    }

    private TapOptions options(TrackRule rule, int count) {
        return TapOptions.DEFAULTS.withTracks(rule, count).withListener(events);
    }

    /** Goes on with as many recordings as the tap has tracks, each of stereo. */
    private static List<Recording> record(ProcessAudioTap tap, List<Recording> tracks, int frames)
            throws InterruptedException {
        int count = tracks.size();
        int end = tracks.getFirst().frames() + frames;
        while (tracks.getFirst().frames() < end) {
            AudioChunk chunk = tap.read(Taps.PATIENCE);
            assertThat(chunk).isNotNull();
            assertThat(chunk.lostFramesBefore()).isZero();
            assertThat(chunk.format().channels()).isEqualTo(2 * count);
            ByteBuffer bytes = chunk.bytes();
            ByteBuffer one = ByteBuffer.allocate(chunk.frames() * 8).order(bytes.order());
            for (int track = 0; track < count; track++) {
                one.clear();
                for (int frame = 0; frame < chunk.frames(); frame++) {
                    one.putLong(bytes.getLong((frame * count + track) * 8));
                }
                tracks.get(track).addFloats(one.flip());
            }
        }
        return tracks;
    }

    private static List<Recording> record(ProcessAudioTap tap, int count, int frames) throws InterruptedException {
        List<Recording> tracks = new ArrayList<>();
        for (int track = 0; track < count; track++) {
            tracks.add(new Recording());
        }
        return record(tap, tracks, frames);
    }

    private static void assertHolds(Recording track, Signal signal) {
        Taps.assertExact(track.match(signal, LONG));
    }

    private static boolean isSilent(Recording track) {
        return track.firstSound(0) == track.frames();
    }

    private int trackOf(long pid) {
        return events.of(TapEvent.TrackAssigned.class).stream().filter(assigned -> assigned.pid() == pid).findFirst()
                .orElseThrow().track();
    }

    @Test
    void eachProgramHasATrackAndTheyAreAlignedAsTheSinkPlaysThem(AudioServer server) throws InterruptedException {
        server.useLongCycles();
        try (MonitorRecorder monitor = MonitorRecorder.start(server, folder.resolve("monitor.raw"))) {
            Program first = Taps.play(server, file(FIRST));
            Program other = Taps.play(server, file(OTHER));
            List<Recording> tracks;
            try (ProcessAudioTap tap = ProcessAudioTap
                    .of(AudioTarget.anyOf(AudioTarget.pid(first.pid()), AudioTarget.pid(other.pid())),
                            options(TrackRule.PROGRAM, 3))
                    .start()) {
                tracks = record(tap, 3, 2 * SECOND);
            }
            assertThat(events.of(TapEvent.TrackAssigned.class)).hasSize(2).noneMatch(TapEvent.TrackAssigned::shared);
            Recording ofFirst = tracks.get(trackOf(first.pid()));
            Recording ofOther = tracks.get(trackOf(other.pid()));
            assertHolds(ofFirst, FIRST);
            assertHolds(ofOther, OTHER);
            assertThat(isSilent(tracks.get(2))).isTrue();
            Recording played = monitor.finish();
            int frame = SECOND;
            int middle = played.frames() - 2 * SECOND;
            assertThat(ofFirst.mostAlike(FIRST, 10 * SECOND, frame) - ofOther.mostAlike(OTHER, 10 * SECOND, frame))
                    .isEqualTo(played.mostAlike(FIRST, 10 * SECOND, middle)
                            - played.mostAlike(OTHER, 10 * SECOND, middle));
        }
    }

    /** One process that plays two files; by default GStreamer would cut and stretch one to go with the other. */
    private Program playsTwo(AudioServer server) {
        Program program = server.start("gst-launch-1.0", "-q",
                "filesrc", "location=" + file(FIRST), "!", "wavparse", "!", "pulsesink", "slave-method=none",
                "filesrc", "location=" + file(OTHER), "!", "wavparse", "!", "pulsesink", "slave-method=none");
        Taps.awaitPlaying(program);
        Await.until("both streams are there", Taps.PATIENCE,
                () -> server.sinkInputs().values().stream().filter(pid -> pid == program.pid()).count() == 2);
        return program;
    }

    @Test
    void eachStreamOfAProgramHasATrackOfItsOwn(AudioServer server) throws InterruptedException {
        Taps.assumeNotFake(server, "it mixes the streams of a process");
        Program program = playsTwo(server);
        try (ProcessAudioTap tap = ProcessAudioTap.of(AudioTarget.pid(program.pid()), options(TrackRule.STREAM, 2))
                .start()) {
            List<Recording> tracks = recordAll(tap, 2);
            boolean swapped = tracks.getFirst().match(FIRST, LONG).signalFrame() < 0;
            assertHolds(tracks.get(swapped ? 1 : 0), FIRST);
            assertHolds(tracks.get(swapped ? 0 : 1), OTHER);
        }
    }

    @Test
    void allStreamsOfAProgramAreOnItsTrack(AudioServer server) throws InterruptedException {
        Taps.assumeNotFake(server, "GStreamer plays to no fake");
        Program two = playsTwo(server);
        Signal third = Signal.noise(3);
        Program one = Taps.play(server, file(third));
        try (ProcessAudioTap tap = ProcessAudioTap.of(AudioTarget.system(), options(TrackRule.PROGRAM, 2)).start()) {
            List<Recording> tracks = recordAll(tap, 2);
            assertHolds(tracks.get(trackOf(one.pid())), third);
            assertIsSum(tracks.get(trackOf(two.pid())));
        }
    }

    /** Records until all tracks are heard, and for a while after. */
    private static List<Recording> recordAll(ProcessAudioTap tap, int count) throws InterruptedException {
        List<Recording> tracks = record(tap, count, 480);
        while (tracks.stream().anyMatch(TapRecordsTracksTest::isSilent)) {
            assertThat(tracks.getFirst().frames()).isLessThan(20 * SECOND);
            record(tap, tracks, 480);
        }
        return record(tap, tracks, tracks.getFirst().frames() + SECOND);
    }

    /** That nothing but the two signals is in the middle of a track. */
    private static void assertIsSum(Recording track) {
        int middle = track.frames() / 2;
        long first = track.mostAlike(FIRST, 10 * SECOND, middle);
        long other = track.mostAlike(OTHER, 10 * SECOND, middle);
        for (int frame = 0; frame < SECOND / 4; frame++) {
            assertThat(track.sample(middle + frame, 1) * 32768).as("frame %d", middle + frame)
                    .isEqualTo(FIRST.sample(first + frame, 1) + OTHER.sample(other + frame, 1));
        }
    }

    @Test
    void whatThereIsNoTrackForSharesTheLast(AudioServer server) throws InterruptedException {
        Program only = Taps.play(server, file(Signal.noise(3)));
        try (ProcessAudioTap tap = ProcessAudioTap.of(AudioTarget.system(), options(TrackRule.PROGRAM, 2)).start()) {
            List<Recording> tracks = record(tap, 2, SECOND / 4);
            Taps.play(server, file(FIRST));
            Taps.play(server, file(OTHER));
            events.await(TapEvent.TrackAssigned.class, 3);
            record(tap, tracks, 4 * SECOND);
            Recording last = new Recording();
            Recording shared = tracks.getLast();
            for (int frame = shared.frames() - SECOND; frame < shared.frames(); frame++) {
                last.addFloats(ByteBuffer.allocate(8).putFloat(shared.sample(frame, 0))
                        .putFloat(shared.sample(frame, 1)).flip());
            }
            assertIsSum(last);
            assertThat(trackOf(only.pid())).isZero();
            assertThat(events.of(TapEvent.TrackAssigned.class)).extracting(TapEvent.TrackAssigned::shared)
                    .containsExactly(false, false, true);
        }
    }

    @Test
    void aProgramThatComesBackGetsTheTrackItHad(AudioServer server) throws InterruptedException, IOException {
        Path script = Files.writeString(folder.resolve("comes-back"),
                "#!/bin/sh\n" + server.playCommand(file(FIRST)) + "\n:\n");
        assertThat(script.toFile().setExecutable(true)).isTrue();
        try (ProcessAudioTap tap = ProcessAudioTap.of(AudioTarget.system(), options(TrackRule.PROGRAM, 3)).start()) {
            Program first = server.start(script.toString());
            events.await(TapEvent.TrackAssigned.class, 1);
            events.await(TapEvent.TargetStarted.class, 1);
            first.close();
            events.await(TapEvent.TargetExited.class, 1);
            Program between = server.start("mpv", "--no-config", "--no-video", "--really-quiet", "--ao=pulse",
                    file(OTHER).toString());
            events.await(TapEvent.TrackAssigned.class, 2);
            server.start(script.toString());
            events.await(TapEvent.TrackAssigned.class, 3);
            assertThat(events.of(TapEvent.TrackAssigned.class)).extracting(TapEvent.TrackAssigned::track)
                    .containsExactly(0, 1, 0);
            assertThat(trackOf(between.pid())).isEqualTo(1);
        }
    }

    @Test
    void tracksMayBeMono(AudioServer server) throws InterruptedException {
        Program first = Taps.play(server, file(FIRST));
        Taps.play(server, file(OTHER));
        TapOptions mono = TapOptions.DEFAULTS.withFormat(PcmFormat.STANDARD.withLayout(ChannelLayout.MONO))
                .withTracks(TrackRule.PROGRAM, 2).withListener(events);
        try (ProcessAudioTap tap = ProcessAudioTap.of(AudioTarget.system(), mono).start()) {
            Recording recording = Taps.recordUntil(tap, new Recording(),
                    r -> r.frames() > 0 && r.sample(r.frames() - 1, 0) != 0 && r.sample(r.frames() - 1, 1) != 0);
            Taps.record(tap, recording, recording.frames() + SECOND / 2);
            int track = trackOf(first.pid());
            Recording mixed = new Recording();
            int middle = recording.frames() / 2;
            for (int frame = middle; frame < recording.frames(); frame++) {
                float sample = recording.sample(frame, track);
                mixed.addFloats(ByteBuffer.allocate(8).putFloat(sample).putFloat(sample).flip());
            }
            Signal mean = (frame, channel) -> (short) ((FIRST.sample(frame, 0) + FIRST.sample(frame, 1)) / 2);
            long start = mixed.mostAlike(mean, 10 * SECOND, 0);
            for (int frame = 0; frame < mixed.frames(); frame++) {
                assertThat(mixed.sample(frame, 0) * 65536)
                        .isEqualTo(FIRST.sample(start + frame, 0) + FIRST.sample(start + frame, 1));
            }
        }
    }
}
