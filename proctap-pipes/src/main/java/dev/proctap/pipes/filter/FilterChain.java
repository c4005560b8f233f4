package dev.proctap.pipes.filter;

import java.util.ArrayList;
import java.util.List;

/** Filters one after the other. */
public final class FilterChain implements AudioFilter {

    private final List<AudioFilter> filters;

    public FilterChain(List<? extends AudioFilter> filters) {
        this.filters = new ArrayList<>(filters);
    }

    public FilterChain(AudioFilter... filters) {
        this(List.of(filters));
    }

    /** Adds one as the last. */
    public void add(AudioFilter filter) {
        filters.add(filter);
    }

    /**
     * Adds one before another, counted from 0.
     *
     * @throws IndexOutOfBoundsException
     *             if there are not so many
     */
    public void insert(int index, AudioFilter filter) {
        filters.add(index, filter);
    }

    /**
     * Takes one out.
     *
     * @throws IndexOutOfBoundsException
     *             if there is none
     */
    public AudioFilter remove(int index) {
        return filters.remove(index);
    }

    /** The filters in order, as they are now. */
    public List<AudioFilter> filters() {
        return List.copyOf(filters);
    }

    @Override
    public void process(float[] samples, int frames) {
        for (int i = 0; i < filters.size(); i++) {
            filters.get(i).process(samples, frames);
        }
    }

    @Override
    public int latencyFrames() {
        return filters.stream().mapToInt(AudioFilter::latencyFrames).sum();
    }

    @Override
    public void reset() {
        filters.forEach(AudioFilter::reset);
    }
}
