package dev.proctap.cli;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.geom.Path2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;

/** Spectra over a logarithmic frequency axis, as a PNG. */
final class SpectrumPicture {

    /** One line of the picture. */
    @SuppressWarnings("ArrayRecordComponent") // nobody compares curves
    record Curve(String label, Color color, double[] dbfs) {}

    private static final int WIDTH = 1000;
    private static final int HEIGHT = 560;
    private static final int LEFT = 80;
    private static final int TOP = 60;
    private static final int RIGHT = WIDTH - 40;
    private static final int BOTTOM = HEIGHT - 50;
    private static final double LOWEST_HZ = 20;
    private static final double HIGHEST_HZ = 20_000;
    private static final double FLOOR_DB = -160;

    private SpectrumPicture() {}

    static void write(Path file, String title, List<Curve> curves, double sampleRateHz) throws IOException {
        System.setProperty("java.awt.headless", "true");
        BufferedImage image = new BufferedImage(WIDTH, HEIGHT, BufferedImage.TYPE_INT_RGB);
        Graphics2D graphics = image.createGraphics();
        graphics.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
        graphics.setColor(Color.WHITE);
        graphics.fillRect(0, 0, WIDTH, HEIGHT);
        drawGrid(graphics);
        for (Curve curve : curves) {
            drawCurve(graphics, curve, sampleRateHz);
        }
        try {
            drawText(graphics, title, curves);
        } catch (LinkageError | RuntimeException e) {
            // a machine without any font: the curves still speak, and the command prints the figures
        }
        graphics.dispose();
        if (!ImageIO.write(image, "png", file.toFile())) {
            throw new IOException("this Java cannot write PNG files");
        }
    }

    private static double x(double hz) {
        return LEFT + (RIGHT - LEFT) * Math.log(hz / LOWEST_HZ) / Math.log(HIGHEST_HZ / LOWEST_HZ);
    }

    private static double y(double db) {
        return TOP + (BOTTOM - TOP) * Math.clamp(db / FLOOR_DB, 0.0, 1.0);
    }

    private static void drawGrid(Graphics2D graphics) {
        graphics.setColor(new Color(0xdddddd));
        for (double decade = 10; decade <= HIGHEST_HZ; decade *= 10) {
            for (int i = 1; i < 10; i++) {
                if (decade * i >= LOWEST_HZ && decade * i <= HIGHEST_HZ) {
                    graphics.drawLine((int) x(decade * i), TOP, (int) x(decade * i), BOTTOM);
                }
            }
        }
        for (int db = 0; db >= FLOOR_DB; db -= 20) {
            graphics.drawLine(LEFT, (int) y(db), RIGHT, (int) y(db));
        }
        graphics.setColor(Color.GRAY);
        graphics.drawRect(LEFT, TOP, RIGHT - LEFT, BOTTOM - TOP);
    }

    private static void drawCurve(Graphics2D graphics, Curve curve, double sampleRateHz) {
        Path2D path = new Path2D.Double();
        double binHz = sampleRateHz / 2 / curve.dbfs.length;
        for (int bin = 1; bin < curve.dbfs.length; bin++) {
            double hz = bin * binHz;
            if (hz >= LOWEST_HZ && hz <= HIGHEST_HZ) {
                if (path.getCurrentPoint() == null) {
                    path.moveTo(x(hz), y(curve.dbfs[bin]));
                } else {
                    path.lineTo(x(hz), y(curve.dbfs[bin]));
                }
            }
        }
        graphics.setColor(curve.color);
        graphics.setStroke(new BasicStroke(1.4f));
        graphics.draw(path);
    }

    private static void drawText(Graphics2D graphics, String title, List<Curve> curves) {
        graphics.setColor(Color.BLACK);
        graphics.drawString(title, LEFT, 20);
        for (int hz : new int[]{20, 50, 100, 200, 440, 1000, 2000, 5000, 10_000, 20_000}) {
            graphics.drawString(Integer.toString(hz), (int) x(hz) - 12, BOTTOM + 18);
        }
        graphics.drawString("Hz", (LEFT + RIGHT) / 2, BOTTOM + 38);
        for (int db = 0; db >= FLOOR_DB; db -= 20) {
            graphics.drawString(db + " dBFS", 8, (int) y(db) + 4);
        }
        int at = LEFT;
        for (Curve curve : curves) {
            graphics.setColor(curve.color);
            graphics.drawString(curve.label, at, 44);
            at += (RIGHT - LEFT) / curves.size();
        }
    }
}
