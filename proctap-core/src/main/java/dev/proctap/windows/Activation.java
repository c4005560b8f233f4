package dev.proctap.windows;

import dev.proctap.ProcTapException;
import dev.proctap.generated.windows.win32.foundation.Constants;
import dev.proctap.generated.windows.win32.media.audio.AUDIOCLIENT_ACTIVATION_PARAMS;
import dev.proctap.generated.windows.win32.media.audio.AUDIOCLIENT_ACTIVATION_TYPE;
import dev.proctap.generated.windows.win32.media.audio.AUDIOCLIENT_PROCESS_LOOPBACK_PARAMS;
import dev.proctap.generated.windows.win32.media.audio.Apis;
import dev.proctap.generated.windows.win32.media.audio.IActivateAudioInterfaceAsyncOperation;
import dev.proctap.generated.windows.win32.media.audio.IActivateAudioInterfaceCompletionHandler;
import dev.proctap.generated.windows.win32.media.audio.IAudioClient;
import dev.proctap.generated.windows.win32.media.audio.PROCESS_LOOPBACK_MODE;
import dev.proctap.generated.windows.win32.system.com.BLOB;
import dev.proctap.generated.windows.win32.system.com.IAgileObject;
import dev.proctap.generated.windows.win32.system.com.structuredstorage.PROPVARIANT;
import dev.proctap.generated.windows.win32.system.variant.VARENUM;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;

/**
 * How an audio client for the sound of some processes is had: {@code ActivateAudioInterfaceAsync} on the virtual device
 * {@code VAD\Process_Loopback}, which answers later, on a thread of Windows, by calling a COM object of ours.
 */
final class Activation {

    /** Windows answers within milliseconds, where the audio service is well. */
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private Activation() {}

    /**
     * The one object that is called for every activation. It is agile (may be called on any thread, without a proxy), as the
     * documentation asks.
     */
    private static final class Completion implements IActivateAudioInterfaceCompletionHandler, Com.Eternal {

        static final Completion INSTANCE = new Completion();
        static final MemorySegment OBJECT = IActivateAudioInterfaceCompletionHandler.create(INSTANCE, Arena.global());

        /** The operations that were answered and not asked for yet; guarded by itself. */
        private final Set<Long> completed = new HashSet<>();

        @Override
        public MemorySegment object() {
            return OBJECT;
        }

        @Override
        public boolean has(MemorySegment interfaceId) {
            return Com.isSame(interfaceId, IAgileObject.iid())
                    || Com.isSame(interfaceId, IActivateAudioInterfaceCompletionHandler.iid());
        }

        @Override
        public int ActivateCompleted(MemorySegment activateOperation) {
            synchronized (completed) {
                completed.add(activateOperation.address());
                completed.notifyAll();
            }
            return Constants.S_OK;
        }

        /** Waits until an operation was answered; returns false if it is not within {@link #PATIENCE}. */
        boolean await(MemorySegment operation) throws InterruptedException {
            long deadline = System.nanoTime() + PATIENCE.toNanos();
            synchronized (completed) {
                while (!completed.remove(operation.address())) {
                    long left = deadline - System.nanoTime();
                    if (left <= 0) {
                        return false;
                    }
                    completed.wait(left / 1_000_000 + 1);
                }
            }
            return true;
        }
    }

    /**
     * A client for what a process and its descendants play, or for what all others do.
     *
     * @param includes
     *            which of the two
     * @return the {@code IAudioClient}, to be released
     * @throws ProcTapException
     *             if it cannot be had
     */
    static MemorySegment activate(long pid, boolean includes) {
        String what = "open the sound of process " + pid;
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment params = AUDIOCLIENT_ACTIVATION_PARAMS.allocate(arena);
            AUDIOCLIENT_ACTIVATION_PARAMS.ActivationType(params, AUDIOCLIENT_ACTIVATION_TYPE.PROCESS_LOOPBACK);
            MemorySegment loopback = AUDIOCLIENT_ACTIVATION_PARAMS.ProcessLoopbackParams(params);
            AUDIOCLIENT_PROCESS_LOOPBACK_PARAMS.TargetProcessId(loopback, (int) pid);
            AUDIOCLIENT_PROCESS_LOOPBACK_PARAMS.ProcessLoopbackMode(loopback, includes
                    ? PROCESS_LOOPBACK_MODE.INCLUDE_TARGET_PROCESS_TREE
                    : PROCESS_LOOPBACK_MODE.EXCLUDE_TARGET_PROCESS_TREE);
            MemorySegment variant = PROPVARIANT.allocate(arena);
            PROPVARIANT.vt(variant, VARENUM.VT_BLOB);
            BLOB.cbSize(PROPVARIANT.blob(variant), (int) AUDIOCLIENT_ACTIVATION_PARAMS.sizeof());
            BLOB.pBlobData(PROPVARIANT.blob(variant), params);
            MemorySegment answer = Com.answer(arena);
            HResult.check(Apis.ActivateAudioInterfaceAsync(
                    dev.proctap.generated.windows.win32.media.audio.Constants.VIRTUAL_AUDIO_DEVICE_PROCESS_LOOPBACK(),
                    IAudioClient.iid(), variant, Completion.OBJECT, answer), what);
            MemorySegment operation = Com.pointer(answer);
            try {
                if (!Completion.INSTANCE.await(operation)) {
                    throw new ProcTapException(ProcTapException.Kind.NO_AUDIO_SERVER, "Windows could not " + what
                            + ": the audio service did not answer within " + PATIENCE.toSeconds()
                            + " seconds; restart it with: net stop audiosrv && net start audiosrv");
                }
                MemorySegment result = arena.allocate(ValueLayout.JAVA_INT);
                HResult.check(IActivateAudioInterfaceAsyncOperation.wrap(operation).GetActivateResult(result, answer),
                        what);
                HResult.check(result.get(ValueLayout.JAVA_INT, 0), what);
                return Com.pointer(answer);
            } finally {
                Com.release(operation);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ProcTapException(ProcTapException.Kind.FAILED, "interrupted", e);
        }
    }
}
