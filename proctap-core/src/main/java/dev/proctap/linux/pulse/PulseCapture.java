package dev.proctap.linux.pulse;

import dev.proctap.AudioTarget;
import dev.proctap.ProcTapException;
import dev.proctap.TapEvent;
import dev.proctap.TapOptions;
import dev.proctap.TapStatistics.LossCause;
import dev.proctap.capture.Timeline;
import dev.proctap.linux.NativeSemaphore;
import dev.proctap.capture.ServerCapture;
import dev.proctap.selection.Target;
import dev.proctap.pcm.ConversionOptions;
import dev.proctap.pcm.PcmFormat;
import dev.proctap.pcm.SampleFormat;
import dev.proctap.spi.CaptureSink;
import java.lang.foreign.Arena;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A tap on PulseAudio.
 *
 * <ol>
 * <li>For every stream that the target plays a {@link RecordStream} is made, and unmade, as they come and go.
 * <li>Once one has frames, it gets its place on the {@link Timeline}: beside another stream of its sink to the frame,
 * because the server tells how many frames the sink has mixed for each; otherwise by its time.
 * <li>The streams are mixed, and what is complete goes to the sink of the capture. While none plays, the time alone goes
 * on.
 * <li>A {@link LossWatch} compares what came with the time that went by.
 * </ol>
 *
 * <p>The control thread does all of it and owns everything native; the consumer's thread only takes chunks. Nothing of the
 * server waits for either.
 */
final class PulseCapture extends ServerCapture {

    private static final int ATTEMPTS = 5;
    private static final long RETRY_NANOS = 30_000_000;
    private static final long ALIVE_CHECK_NANOS = 250_000_000;
    private static final long TIMING_NANOS = 500_000_000;
    private static final long DOUBT_NANOS = 30_000_000;
    private static final long SILENCE_WAIT_NANOS = 20_000_000;
    private static final long PLACING_WAIT_NANOS = 5_000_000;
    /** How long what is captured is held back while a stream that has just begun gets its place beside it. */
    private static final Duration HELD = Duration.ofMillis(50);

    private final PcmFormat format;
    private final Timeline timeline;
    private final NativeSemaphore dataReady = new NativeSemaphore(Arena.ofAuto());
    private volatile int linkedStreams;
    private volatile @Nullable Duration granted;
    private volatile @Nullable PulseConnection current;

    /** The server keeps some seconds for a recorder that does not come. */
    private static final long STOOD_STILL_NANOS = 2_000_000_000;

    // of the control thread
    private final Map<Integer, Followed> streams = new LinkedHashMap<>();
    private final Map<Integer, Integer> failures = new HashMap<>();
    private final Map<Long, Question> questions = new HashMap<>();
    private long nextQuestion;
    private long timingCallback;
    private long retryNanos = Long.MAX_VALUE;
    private long aliveCheckedNanos = System.nanoTime();
    private long lookedNanos = System.nanoTime();
    /** Whether this thread did not run for so long that the server may have had no room left, since the last loss. */
    private boolean stoodStill;

    /** A stream of the target and what is known of it. */
    private static final class Followed {
        final RecordStream stream;
        final LossWatch watch;
        TapEvent.@Nullable StreamLinked announced;
        boolean placing;
        /** As they were told. */
        double volume = 1;
        boolean muted;
        /** Position on the timeline of the stream's first frame, had it been there from the beginning. */
        long origin;
        long timingNanos;
        boolean timingAsked;
        /** Where frames are missing, in frames of the stream; how many, once that is certain. */
        long lossAt = Long.MAX_VALUE;
        long lost;

        Followed(RecordStream stream) {
            this.stream = stream;
            this.watch = new LossWatch(stream::framesIn);
        }

        long position() {
            return origin + stream.mix().toOutput(stream.mix().received());
        }
    }

    /** Who asked for a timing, and what to do with it. */
    private record Question(Followed followed, Consumer<Timing> answer) {}

    private PulseCapture(Target target, TapOptions options, CaptureSink sink) {
        super("PulseAudio", target, options, sink);
        format = new PcmFormat(options.format().sampleRateHz(), sink.layout(), SampleFormat.F32,
                ByteOrder.nativeOrder(), false);
        timeline = new Timeline(format, sink);
    }

    /** Opens a tap; returns when its target was found or is waited for. */
    static PulseCapture open(AudioTarget target, TapOptions options, CaptureSink sink) {
        Target rule = new Target(target, options);
        Pulse.Library.load();
        PulseCapture capture = new PulseCapture(rule, options, sink);
        capture.open();
        return capture;
    }

    // ---- the control thread

    @Override
    protected boolean serve(boolean again) {
        try (PulseConnection connection = new PulseConnection(target.inputDevice() != null)) {
            current = connection;
            timingCallback = connection
                    .callback((stream, success, question, d, e, f) -> onTiming(question, (int) success));
            if (again) {
                event(new TapEvent.ServerReconnected());
            }
            try {
                return serve(connection);
            } finally {
                closeStreams();
                current = null;
            }
        }
    }

    private boolean serve(PulseConnection connection) {
        follow(connection);
        List<PulseConnection.SinkInput> inputs = inputs(connection);
        if (!isOpen()) {
            target.requirePlaying(!inputs.isEmpty(), inputs.stream().anyMatch(input -> !input.corked()));
            if (target.beginsAtOnce()) {
                timeline.goOn(System.nanoTime());
            }
            opened();
        }
        while (!isClosing()) {
            fireEvents();
            connection.dispatch(timeoutNanos(System.nanoTime()));
            if (connection.isLost()) {
                closeStreams();
                timeline.serverLost();
                return serverLost(connection.lostReason());
            }
            boolean changed = connection.takeChanged();
            long now = System.nanoTime();
            stoodStill |= now - lookedNanos > STOOD_STILL_NANOS;
            lookedNanos = now;
            capture(connection, now);
            if (changed || now > retryNanos) {
                retryNanos = Long.MAX_VALUE;
                follow(connection);
            }
            if (now - aliveCheckedNanos > ALIVE_CHECK_NANOS) {
                aliveCheckedNanos = now;
                if (!targetLives()) {
                    return false;
                }
            }
        }
        return false;
    }

    private long timeoutNanos(long now) {
        long timeout = timeline.isMixing() ? ALIVE_CHECK_NANOS : SILENCE_WAIT_NANOS;
        if (retryNanos != Long.MAX_VALUE) {
            timeout = Math.min(timeout, retryNanos - now);
        }
        for (Followed followed : streams.values()) {
            if (followed.placing) {
                timeout = Math.min(timeout, PLACING_WAIT_NANOS);
            } else if (followed.stream.mix().isMixed() && !followed.timingAsked) {
                timeout = Math.min(timeout, followed.timingNanos - now);
            }
        }
        return timeout;
    }

    @Override
    protected void wakeControl() {
        PulseConnection connection = current;
        if (connection != null) {
            connection.wakeUp();
        }
    }

    @Override
    protected void release() {
        // the connection goes with serve
    }

    // ---- following the target

    private List<PulseConnection.SinkInput> inputs(PulseConnection connection) {
        String device = target.inputDevice();
        if (device != null) {
            PulseConnection.Source source = connection.source(device);
            return source == null ? List.of() : List.of(source.asInput());
        }
        return target.select(connection.sinkInputs(), connection::player, true);
    }

    private void follow(PulseConnection connection) {
        List<PulseConnection.SinkInput> inputs = inputs(connection);
        for (Followed followed : List.copyOf(streams.values())) {
            RecordStream stream = followed.stream;
            PulseConnection.SinkInput input = target.inputDevice() == null
                    ? connection.sinkInput(stream.input.index())
                    : inputs.isEmpty() ? null : inputs.getFirst();
            if (input == null || (target.inputDevice() == null
                    ? input.sink() != stream.sink.index()
                    : !stream.sink.equals(sink(connection, input)))) {
                remove(followed);
            } else {
                tellVolume(followed, input);
            }
        }
        tracks.retain(inputs.stream().map(PulseConnection.SinkInput::index).toList());
        PcmFormat oneTrack = format.withLayout(format.layout().withTracks(1));
        for (PulseConnection.SinkInput input : inputs) {
            PulseConnection.Sink sink = sink(connection, input);
            if (sink != null && !streams.containsKey(input.index()) && retryNanos == Long.MAX_VALUE) {
                streams.put(input.index(), new Followed(new RecordStream(connection, input, sink, oneTrack,
                        tracks.of(input.index(), connection.player(input), input.name()),
                        ConversionOptions.DEFAULTS.withQuality(options.resampleQuality()), options.latency())));
            }
            if (!input.corked()) {
                event(target.running(connection.player(input)));
            }
        }
    }

    /** What a stream is heard from: its sink, or the input device itself. */
    private PulseConnection.@Nullable Sink sink(PulseConnection connection, PulseConnection.SinkInput input) {
        if (target.inputDevice() == null) {
            return connection.sink(input.sink());
        }
        PulseConnection.Source source = connection.source(input.program());
        return source == null ? null : source.asSink();
    }

    private void announce(Followed followed, String program) {
        PulseConnection.SinkInput input = followed.stream.input;
        TapEvent.StreamLinked linked = new TapEvent.StreamLinked(input.index(), program, input.name());
        followed.announced = linked;
        event(linked);
        tellVolume(followed, input);
        countLinked();
        failures.remove(input.index());
    }

    private void tellVolume(Followed followed, PulseConnection.SinkInput input) {
        TapEvent.StreamLinked linked = followed.announced;
        if (linked != null && (input.volume() != followed.volume || input.muted() != followed.muted)) {
            followed.volume = input.volume();
            followed.muted = input.muted();
            event(new TapEvent.StreamVolume(linked.id(), linked.program(), linked.streamName(), input.volume(),
                    input.muted()));
        }
    }

    private void countLinked() {
        linkedStreams = (int) streams.values().stream().filter(followed -> followed.announced != null).count();
    }

    private void remove(Followed followed) {
        RecordStream stream = followed.stream;
        stream.mix().leaveMix();
        stream.close();
        streams.remove(stream.input.index());
        questions.values().removeIf(question -> question.followed == followed);
        TapEvent.StreamLinked linked = followed.announced;
        if (linked != null) {
            event(new TapEvent.StreamUnlinked(linked.id(), linked.program(), linked.streamName()));
            countLinked();
        }
    }

    private void closeStreams() {
        tracks.retain(List.of());
        List.copyOf(streams.values()).forEach(this::remove);
        questions.clear();
        failures.clear();
        timeline.endMix();
        dataReady.post();
    }

    // ---- capturing

    private void capture(PulseConnection connection, long now) {
        List.copyOf(streams.values()).forEach(followed -> capture(connection, followed, now));
        boolean mixing = false;
        boolean placing = false;
        boolean coming = false;
        for (Followed followed : streams.values()) {
            mixing |= followed.stream.mix().isMixed();
            placing |= followed.placing;
            coming |= !followed.stream.mix().isMixed() && !followed.stream.isSuspended();
        }
        boolean news;
        if (mixing) {
            news = timeline.passOn(coming ? format.frames(HELD) : 0);
        } else {
            news = timeline.endMix();
            // what has come already is not silence, it only has no place yet
            news |= !placing && timeline.fillSilence(now);
        }
        if (news) {
            dataReady.post();
        }
    }

    private void capture(PulseConnection connection, Followed followed, long now) {
        RecordStream stream = followed.stream;
        if (stream.isOver() || (stream.isReady() && !stream.isOnItsSink())) {
            refused(followed, now);
            return;
        }
        if (!stream.isReady()) {
            return;
        }
        if (followed.announced == null) {
            announce(followed, connection.program(stream.input));
        }
        if (stream.mix().isMixed()) {
            if (stream.drain(followed.lossAt) > 0) {
                timeline.anchor(followed.position(), now);
            }
            if (followed.lost > 0 && stream.mix().received() >= followed.lossAt) {
                leaveOut(followed);
            } else if (stream.isSuspended()) {
                stream.mix().leaveMix();
                followed.watch.reset();
            } else if (now >= followed.timingNanos && !followed.timingAsked) {
                followed.timingAsked = true;
                ask(followed, timing -> check(followed, timing));
            }
        } else if (!followed.placing && stream.hasData()) {
            place(followed);
        }
    }

    /**
     * The server ended a record stream because the playing one ends or moves, of which it will tell; or it does not let us,
     * or recorded something else than what was asked for.
     */
    private void refused(Followed followed, long now) {
        int index = followed.stream.input.index();
        boolean onItsSink = followed.stream.isOver();
        remove(followed);
        int attempts = failures.merge(index, 1, Integer::sum);
        if (attempts > ATTEMPTS) {
            throw new ProcTapException(ProcTapException.Kind.FAILED, onItsSink
                    ? "PulseAudio does not let the stream " + followed.stream.input.name() + " be recorded"
                    : "PulseAudio recorded another device than the one that plays the stream; nothing is captured");
        }
        retryNanos = Math.min(retryNanos, now + attempts * RETRY_NANOS);
    }

    // ---- a stream's place in time

    private void place(Followed followed) {
        List<Followed> others = streams.values().stream()
                .filter(other -> other != followed && other.stream.sink.index() == followed.stream.sink.index())
                .toList();
        Optional<Followed> mixed = others.stream().filter(other -> other.stream.mix().isMixed()).findFirst();
        if (mixed.isPresent()) {
            followed.placing = true;
            placeBeside(followed, mixed.get());
        } else if (others.stream().noneMatch(other -> other.placing)) {
            // the first of them; the others then go beside it
            followed.placing = true;
            ask(followed, timing -> placeByTime(followed, timing));
        }
    }

    /**
     * Counts what the sink has mixed for the other stream, for this one, and for the other again: where the other's number
     * is the same twice, the one between was counted at the same moment.
     */
    private void placeBeside(Followed followed, Followed other) {
        Timing[] seen = new Timing[2];
        ask(other, timing -> seen[0] = timing);
        ask(followed, timing -> seen[1] = timing);
        ask(other, timing -> {
            if (!other.stream.mix().isMixed() || seen[0] == null || seen[1] == null) {
                followed.placing = false;
            } else if (seen[0].rendered() != timing.rendered()) {
                placeBeside(followed, other);
            } else {
                long ahead = timing.rendered() - seen[1].rendered();
                mix(followed, other.origin + followed.stream.mix().toOutput(ahead));
            }
        });
    }

    private void placeByTime(Followed followed, Timing timing) {
        RecordStream stream = followed.stream;
        long next = stream.mix().received();
        long nanos = timing.nanos() - stream.nanosOf(timing.written() - next);
        if (!timeline.isMixing()) {
            timeline.goOn(nanos);
            mix(followed, timeline.position() - stream.mix().toOutput(next));
        } else {
            mix(followed, timeline.positionAt(nanos) - stream.mix().toOutput(next));
        }
    }

    private void mix(Followed followed, long origin) {
        followed.placing = false;
        followed.origin = origin;
        followed.lossAt = Long.MAX_VALUE;
        followed.lost = 0;
        followed.watch.reset();
        followed.timingNanos = System.nanoTime();
        long start = timeline.mixFrame(followed.position());
        long passed = timeline.mixFrame(timeline.position());
        followed.stream.mix().mixInto(timeline.mixer(), start, passed);
    }

    private void check(Followed followed, Timing timing) {
        followed.timingAsked = false;
        granted = timing.latency().isZero() ? granted : timing.latency();
        if (!followed.stream.mix().isMixed()) {
            return;
        }
        long lost = followed.watch.check(timing);
        if (lost > 0) {
            followed.lost = lost;
        } else if (!followed.watch.doubts()) {
            followed.lossAt = Long.MAX_VALUE;
        } else if (followed.lossAt == Long.MAX_VALUE) {
            // what comes after it waits until it is certain
            followed.lossAt = Math.max(timing.written(), followed.stream.mix().received());
        }
        followed.timingNanos = System.nanoTime() + (followed.watch.doubts() ? DOUBT_NANOS : TIMING_NANOS);
    }

    /** Frames are lost: this stream goes on after them, and the others, which lost as many or nothing, beside it. */
    private void leaveOut(Followed followed) {
        streams.values().forEach(each -> each.stream.mix().leaveMix());
        timeline.endMix();
        timeline.lost(followed.stream.mix().toOutput(followed.lost),
                stoodStill ? LossCause.CAPTURE : LossCause.SERVER);
        stoodStill = false;
        mix(followed, timeline.position() - followed.stream.mix().toOutput(followed.stream.mix().received()));
    }

    // ---- timing

    private void ask(Followed followed, Consumer<Timing> answer) {
        long question = nextQuestion++;
        questions.put(question, new Question(followed, answer));
        if (!Pulse.pa_stream_update_timing_info(followed.stream.pointer(), timingCallback, question)) {
            questions.remove(question);
            followed.placing = false;
            followed.timingAsked = false;
        }
    }

    /** Called by the library from within dispatch. */
    private void onTiming(long number, int success) {
        Question question = questions.remove(number);
        if (question == null) {
            return;
        }
        if (success != 0) {
            question.answer.accept(Timing.of(question.followed.stream));
        } else {
            question.followed.placing = false;
            question.followed.timingAsked = false;
        }
    }

    // ---- the consumer's side

    /** Does nothing: the control thread has moved everything already. */
    @Override
    public void pump() {
        // see the class
    }

    @Override
    public boolean await(long frames, long timeoutNanos) {
        boolean ready = dataReady.await(timeoutNanos);
        while (ready && dataReady.await(0)) {
            // everything that was told of is there
        }
        return ready;
    }

    @Override
    public void wakeUp() {
        dataReady.post();
    }

    @Override
    public int linkedStreams() {
        return linkedStreams;
    }

    @Override
    public @Nullable Duration grantedLatency() {
        return granted;
    }
}
