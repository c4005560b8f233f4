package dev.proctap.report;

import dev.proctap.TapStatistics.Loss;
import dev.proctap.TapStatistics.LossCause;
import dev.proctap.report.Measured.Sample;
import java.awt.Color;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.CategoryChart;
import org.knowm.xchart.CategoryChartBuilder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.Styler;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** Figures over time, and beside each other, as PNG pictures. */
public final class Plots {

    private static final int WIDTH = 900;
    private static final int HEIGHT = 320;

    private Plots() {}

    static void latency(Path file, Measured measured) throws IOException {
        XYChart chart = overTime("Delivery latency", "ms");
        line(chart, "mean of each moment", measured, Sample::latencyMillis);
        level(chart, "expected of 99 % at most", measured, Diagnosis.expectedLatencyMillis(measured));
        save(chart, file);
    }

    static void cpu(Path file, Measured measured) throws IOException {
        XYChart chart = overTime("CPU", "% of one processor; others: % of all");
        line(chart, "this process", measured, Sample::processCpuPercent);
        line(chart, "other programs", measured, Sample::othersCpuPercent);
        save(chart, file);
    }

    /** Each loss at the time when it was noticed, as high as it is long. */
    static void dropouts(Path file, Measured measured) throws IOException {
        XYChart chart = overTime("Dropouts (" + measured.losses().size() + ")", "frames lost");
        // an axis of the whole time, also where there are none
        level(chart, "none", measured, 0);
        for (LossCause cause : LossCause.values()) {
            List<Double> x = new ArrayList<>();
            List<Double> y = new ArrayList<>();
            for (Loss loss : measured.losses()) {
                if (loss.cause() == cause) {
                    x.add((loss.noticedAtNanos() - measured.startNanos()) / 1e9);
                    y.add((double) loss.frames());
                }
            }
            if (!x.isEmpty()) {
                chart.addSeries(cause.name().toLowerCase(Locale.ROOT), x, y)
                        .setXYSeriesRenderStyle(XYSeries.XYSeriesRenderStyle.Scatter).setMarker(SeriesMarkers.CIRCLE);
            }
        }
        save(chart, file);
    }

    /**
     * Bars beside each other.
     *
     * @param values
     *            one for each name
     */
    public static void bars(Path file, String title, String unit, List<String> names, List<Double> values)
            throws IOException {
        CategoryChart chart = new CategoryChartBuilder().width(WIDTH).height(HEIGHT).title(title).yAxisTitle(unit)
                .build();
        chart.getStyler().setLegendVisible(false).setChartBackgroundColor(Color.WHITE);
        chart.addSeries(title, names, values);
        BitmapEncoder.saveBitmap(chart, file.toString(), BitmapEncoder.BitmapFormat.PNG);
    }

    private static XYChart overTime(String title, String unit) {
        XYChart chart = new XYChartBuilder().width(WIDTH).height(HEIGHT).title(title).xAxisTitle("s")
                .yAxisTitle(unit).build();
        chart.getStyler().setLegendPosition(Styler.LegendPosition.InsideNE).setChartBackgroundColor(Color.WHITE);
        chart.getStyler().setYAxisMin(0.0);
        return chart;
    }

    private static void line(XYChart chart, String name, Measured measured, ToDoubleFunction<Sample> value) {
        List<Double> x = new ArrayList<>();
        List<Double> y = new ArrayList<>();
        for (Sample sample : measured.samples()) {
            double at = value.applyAsDouble(sample);
            if (!Double.isNaN(at)) {
                x.add(sample.at().toNanos() / 1e9);
                y.add(at);
            }
        }
        if (!x.isEmpty()) {
            chart.addSeries(name, x, y).setMarker(SeriesMarkers.NONE);
        }
    }

    private static void level(XYChart chart, String name, Measured measured, double value) {
        double end = Math.max(1e-3, measured.statistics().duration().toNanos() / 1e9);
        chart.addSeries(name, List.of(0.0, end), List.of(value, value)).setMarker(SeriesMarkers.NONE);
    }

    private static void save(XYChart chart, Path file) throws IOException {
        BitmapEncoder.saveBitmap(chart, file.toString(), BitmapEncoder.BitmapFormat.PNG);
    }
}
