package dev.proctap.pipes.analysis;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.FontMetrics;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.function.DoubleToIntFunction;
import javax.imageio.ImageIO;

/** A PNG with axes: time to the right, something else upwards. */
final class Picture {

    static final int WIDTH = 1200;
    static final int HEIGHT = 520;
    private static final int LEFT = 76;
    private static final int RIGHT = WIDTH - 90;
    private static final int TOP = 40;
    private static final int BOTTOM = HEIGHT - 56;
    /** Where the scale of a colour or a level stands, beside the picture. */
    private static final int SCALE_LEFT = RIGHT + 18;
    private static final int SCALE_WIDTH = 14;

    private final BufferedImage image = new BufferedImage(WIDTH, HEIGHT, BufferedImage.TYPE_INT_RGB);
    private final Graphics2D graphics;

    Picture(String title) {
        System.setProperty("java.awt.headless", "true");
        graphics = image.createGraphics();
        graphics.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
        graphics.setColor(Color.WHITE);
        graphics.fillRect(0, 0, WIDTH, HEIGHT);
        text(title, LEFT, TOP - 16);
    }

    static int columns() {
        return RIGHT - LEFT;
    }

    static int rows() {
        return BOTTOM - TOP;
    }

    /** Text where the machine has a font; a picture without any still speaks. */
    private void text(String text, int x, int y) {
        try {
            graphics.setColor(Color.BLACK);
            graphics.drawString(text, x, y);
        } catch (LinkageError | RuntimeException e) {
            // no font at all
        }
    }

    private int widthOf(String text) {
        try {
            FontMetrics metrics = graphics.getFontMetrics();
            return metrics.stringWidth(text);
        } catch (LinkageError | RuntimeException e) {
            return 0;
        }
    }

    /** Sets a point, column from the left and row from the bottom. */
    void point(int column, int row, int rgb) {
        image.setRGB(LEFT + column, BOTTOM - 1 - row, rgb);
    }

    /** Draws an upright line in a column, between two places from 0 at the bottom to 1 at the top. */
    void upright(int column, double from, double to, Color color) {
        graphics.setColor(color);
        graphics.setStroke(new BasicStroke(1));
        graphics.drawLine(LEFT + column, y(from), LEFT + column, y(to));
    }

    private static int y(double place) {
        return (int) Math.round(BOTTOM - Math.clamp(place, 0.0, 1.0) * (BOTTOM - TOP));
    }

    /** The axis of time, in steps that are easy to read. */
    void timeAxis(double seconds) {
        frame();
        double step = niceStep(seconds / 10);
        for (int i = 0; i * step <= seconds * 1.0001; i++) {
            double at = i * step;
            int x = (int) Math.round(LEFT + (RIGHT - LEFT) * at / Math.max(seconds, 1e-9));
            graphics.setColor(Color.GRAY);
            graphics.drawLine(x, BOTTOM, x, BOTTOM + 5);
            String label = seconds < 120 ? number(at, step) : clock(at);
            text(label, x - widthOf(label) / 2, BOTTOM + 20);
        }
        String unit = seconds < 120 ? "time, s" : "time, h:min:s";
        text(unit, (LEFT + RIGHT - widthOf(unit)) / 2, BOTTOM + 42);
    }

    private void frame() {
        graphics.setColor(Color.GRAY);
        graphics.setStroke(new BasicStroke(1));
        graphics.drawRect(LEFT - 1, TOP - 1, RIGHT - LEFT + 1, BOTTOM - TOP + 1);
    }

    /** A tick of the other axis, from 0 at the bottom to 1 at the top. */
    void tick(double place, String label) {
        graphics.setColor(Color.GRAY);
        graphics.drawLine(LEFT - 6, y(place), LEFT - 1, y(place));
        text(label, LEFT - 10 - widthOf(label), y(place) + 4);
    }

    /** What the other axis is of. */
    void unit(String unit) {
        text(unit, 8, TOP - 16);
    }

    /** A scale of colours beside the picture. */
    void scale(DoubleToIntFunction colour, double lowest, double highest, double step, String unit) {
        for (int row = 0; row < rows(); row++) {
            int rgb = colour.applyAsInt((double) row / (rows() - 1));
            for (int x = 0; x < SCALE_WIDTH; x++) {
                image.setRGB(SCALE_LEFT + x, BOTTOM - 1 - row, rgb);
            }
        }
        for (double at = lowest; at <= highest + 1e-9; at += step) {
            text(number(at, step), SCALE_LEFT + SCALE_WIDTH + 5, y((at - lowest) / (highest - lowest)) + 4);
        }
        text(unit, SCALE_LEFT, TOP - 16);
    }

    private static double niceStep(double least) {
        double power = Math.pow(10, Math.floor(Math.log10(Math.max(least, 1e-6))));
        double step = least <= power
                ? power
                : least <= 2 * power ? 2 * power : least <= 5 * power ? 5 * power : 10 * power;
        // of minutes and hours
        return step <= 20 ? step : Math.ceil(step / 60) * 60;
    }

    private static String number(double value, double step) {
        int digits = (int) Math.max(0, Math.ceil(-Math.log10(step) - 1e-9));
        return String.format(Locale.ROOT, "%." + digits + "f", value);
    }

    private static String clock(double seconds) {
        long whole = Math.round(seconds);
        return String.format(Locale.ROOT, "%d:%02d:%02d", whole / 3600, whole / 60 % 60, whole % 60);
    }

    void write(Path file) throws IOException {
        graphics.dispose();
        if (!ImageIO.write(image, "png", file.toFile())) {
            throw new IOException("this Java cannot write PNG files");
        }
    }
}
