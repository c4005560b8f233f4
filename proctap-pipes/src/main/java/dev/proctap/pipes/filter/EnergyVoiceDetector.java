package dev.proctap.pipes.filter;

/** Takes for speech what is loud enough, and some blocks after it. */
public final class EnergyVoiceDetector implements VoiceDetector {

    public static final double THRESHOLD_DB = -45;
    public static final int HANGOVER_BLOCKS = 5;

    private final int blockFrames;
    private final double thresholdPower;
    private final int hangoverBlocks;
    private int hangover;

    /** A detector with the values above. */
    public EnergyVoiceDetector(int sampleRateHz) {
        this(sampleRateHz, THRESHOLD_DB, HANGOVER_BLOCKS);
    }

    /**
     * @param thresholdDb
     *            of the root mean square of a block, relative to full scale
     * @param hangoverBlocks
     *            so many blocks after the last one above it count, too
     */
    public EnergyVoiceDetector(int sampleRateHz, double thresholdDb, int hangoverBlocks) {
        blockFrames = sampleRateHz * BLOCK_MILLIS / 1000;
        thresholdPower = Math.pow(10, thresholdDb / 10);
        this.hangoverBlocks = hangoverBlocks;
    }

    @Override
    public int blockFrames() {
        return blockFrames;
    }

    @Override
    public boolean isSpeech(float[] mono, int from) {
        double sum = 0;
        for (int i = 0; i < blockFrames; i++) {
            sum += (double) mono[from + i] * mono[from + i];
        }
        if (sum / blockFrames > thresholdPower) {
            hangover = hangoverBlocks;
            return true;
        }
        return hangover-- > 0;
    }

    @Override
    public void reset() {
        hangover = 0;
    }
}
