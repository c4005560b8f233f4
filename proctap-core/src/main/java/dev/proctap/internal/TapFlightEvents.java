package dev.proctap.internal;

import com.sun.management.GarbageCollectorMXBean;
import com.sun.management.GcInfo;
import dev.proctap.TapEvent;
import dev.proctap.TapStatistics.Loss;
import dev.proctap.pcm.PcmFormat;
import java.lang.management.ManagementFactory;
import java.util.concurrent.TimeUnit;
import jdk.jfr.Category;
import jdk.jfr.DataAmount;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.FlightRecorder;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Timespan;

/**
 * What a tap tells JDK Flight Recorder, where that runs: nothing is made, and nothing loaded, before it does.
 *
 * <p>A collection of garbage that ended within a loss, or within a slow callback, gets an event of its own: it may be the
 * reason.
 */
final class TapFlightEvents {

    /** The JVM counts its own time and that of collections from different moments of its start. */
    private static final long CLOCKS_MILLIS = 100;

    private TapFlightEvents() {}

    /** Tells what belongs into a flight recording. */
    static void record(TapEvent event, PcmFormat format) {
        if (!FlightRecorder.isInitialized()) {
            return;
        }
        switch (event) {
            case TapEvent.FramesLost lost -> dropout(lost.loss(), format);
            case TapEvent.StreamLinked linked -> {
                StreamLinked told = new StreamLinked();
                told.program = linked.program();
                told.stream = linked.id();
                told.commit();
            }
            case TapEvent.ServerReconnected _ -> new Reconnect().commit();
            default -> {
                // of no importance for how well a tap runs
            }
        }
    }

    private static void dropout(Loss loss, PcmFormat format) {
        Dropout told = new Dropout();
        told.cause = loss.cause().name();
        told.framePosition = loss.framePosition();
        told.frames = loss.frames();
        told.length = format.framesToNanos(loss.frames());
        told.commit();
        collectionsSince(System.nanoTime() - loss.noticedAtNanos() + told.length, "Dropout");
    }

    /** Tells that the consumer had a chunk for longer than the chunk is. */
    static void slowConsumer(long nanos, long chunkNanos) {
        if (FlightRecorder.isInitialized()) {
            SlowCallback told = new SlowCallback();
            told.time = nanos;
            told.chunk = chunkNanos;
            told.commit();
            collectionsSince(nanos, "Slow Callback");
        }
    }

    private static void collectionsSince(long agoNanos, String what) {
        long now = ManagementFactory.getRuntimeMXBean().getUptime();
        long from = now - TimeUnit.NANOSECONDS.toMillis(agoNanos) - CLOCKS_MILLIS;
        for (GarbageCollectorMXBean collector : ManagementFactory
                .getPlatformMXBeans(GarbageCollectorMXBean.class)) {
            GcInfo last = collector.getLastGcInfo();
            if (last != null && last.getEndTime() >= from && last.getStartTime() <= now) {
                GcOverlap told = new GcOverlap();
                told.during = what;
                told.collector = collector.getName();
                told.time = TimeUnit.MILLISECONDS.toNanos(last.getDuration());
                told.heapUsedAfter = last.getMemoryUsageAfterGc().values().stream().mapToLong(usage -> usage.getUsed())
                        .sum();
                told.commit();
            }
        }
    }

    @Name("dev.proctap.Dropout")
    @Label("Dropout")
    @Description("Frames of a capture were lost")
    @Category("ProcTap")
    @StackTrace(false)
    static final class Dropout extends Event {
        @Label("Cause")
        String cause = "";
        @Label("Frame Position")
        long framePosition;
        @Label("Frames")
        long frames;
        @Label("Length")
        @Timespan
        long length;
    }

    @Name("dev.proctap.StreamLinked")
    @Label("Stream Linked")
    @Description("A stream of the target is captured")
    @Category("ProcTap")
    @StackTrace(false)
    static final class StreamLinked extends Event {
        @Label("Program")
        String program = "";
        @Label("Stream")
        long stream;
    }

    @Name("dev.proctap.Reconnect")
    @Label("Reconnect")
    @Description("The audio server is back")
    @Category("ProcTap")
    @StackTrace(false)
    static final class Reconnect extends Event {}

    @Name("dev.proctap.SlowCallback")
    @Label("Slow Callback")
    @Description("The consumer had a chunk for longer than the chunk is")
    @Category("ProcTap")
    @StackTrace(false)
    static final class SlowCallback extends Event {
        @Label("Time")
        @Timespan
        long time;
        @Label("Chunk")
        @Timespan
        long chunk;
    }

    @Name("dev.proctap.GcOverlap")
    @Label("GC Overlap")
    @Description("Garbage was collected while frames were lost, or a callback was slow")
    @Category("ProcTap")
    @StackTrace(false)
    static final class GcOverlap extends Event {
        @Label("During")
        String during = "";
        @Label("Collector")
        String collector = "";
        @Label("Time")
        @Timespan
        long time;
        @Label("Heap Used After")
        @DataAmount
        long heapUsedAfter;
    }
}
