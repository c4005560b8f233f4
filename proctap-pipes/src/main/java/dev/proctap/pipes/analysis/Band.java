package dev.proctap.pipes.analysis;

/** The parts of the audible range that people who mix sound talk of. */
public enum Band {
    SUB("Sub", 20, 60), BASS("Bass", 60, 250), LOW_MID("Low Mid", 250, 500), MID("Mid", 500, 2000), HIGH_MID("High Mid",
            2000, 4000), PRESENCE("Presence", 4000, 8000), BRILLIANCE("Brilliance", 8000, 20_000);

    private final String title;
    private final double fromHz;
    private final double toHz;

    Band(String title, double fromHz, double toHz) {
        this.title = title;
        this.fromHz = fromHz;
        this.toHz = toHz;
    }

    /** Its name for people. */
    public String title() {
        return title;
    }

    public double fromHz() {
        return fromHz;
    }

    public double toHz() {
        return toHz;
    }
}
