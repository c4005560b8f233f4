package dev.proctap;

/**
 * Is told what happens around a capture. Called on the tap's control thread ({@link TapEvent.CallbackFailed} and
 * {@link TapEvent.FramesLost} on the one that notices): it should return at once, and may stop or close the tap.
 */
@FunctionalInterface
public interface TapListener {

    void onEvent(TapEvent event);
}
