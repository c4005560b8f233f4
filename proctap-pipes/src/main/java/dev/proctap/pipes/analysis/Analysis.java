package dev.proctap.pipes.analysis;

import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;

/**
 * What an {@link AudioAnalyzer} has measured. Levels are in dB relative to full scale; minus infinity for silence, and for
 * what is not known yet.
 *
 * @param frames
 *            how many were heard
 * @param seconds
 *            the same as a time
 * @param rmsDb
 *            root mean square of all channels over the last 0.3 s; a sine of full scale has -3.01
 * @param overallRmsDb
 *            the same over everything
 * @param peakDb
 *            the highest sample of the last 10 ms
 * @param heldPeakDb
 *            the highest sample, held for a while
 * @param highestPeakDb
 *            the highest sample of everything
 * @param truePeakDb
 *            of everything, between samples too (dBTP)
 * @param momentaryLufs
 *            loudness of the last 0.4 s
 * @param shortTermLufs
 *            of the last 3 s
 * @param integratedLufs
 *            of everything, gated
 * @param loudnessRangeLu
 *            how much it varies
 * @param bandsDb
 *            what is in each band; a sine of full scale has 0
 * @param spectrumDb
 *            of each bin; a sine of full scale has 0
 * @param pitchHz
 *            the pitch, not a number where there is none
 * @param silent
 *            whether it is silent now
 * @param silentSeconds
 *            how long it was, in all
 * @param clippedSamples
 *            samples in runs of three or more at full scale
 */
@SuppressWarnings("ArrayRecordComponent") // nobody compares analyses
public record Analysis(long frames, double seconds, double rmsDb, double overallRmsDb, double peakDb, double heldPeakDb,
        double highestPeakDb, double truePeakDb, double momentaryLufs, double shortTermLufs, double integratedLufs,
        double loudnessRangeLu, Map<Band, Double> bandsDb, float[] spectrumDb, double pitchHz, boolean silent,
        double silentSeconds, long clippedSamples) {

    public Analysis {
        bandsDb = Collections.unmodifiableMap(new EnumMap<>(bandsDb));
    }
}
