package dev.proctap.windows;

import static org.assertj.core.api.Assertions.assertThat;

import dev.proctap.CHeaders;
import dev.proctap.generated.windows.win32.media.audio.IActivateAudioInterfaceCompletionHandler;
import dev.proctap.generated.windows.win32.media.audio.IAudioCaptureClient;
import dev.proctap.generated.windows.win32.media.audio.IAudioClient;
import dev.proctap.generated.windows.win32.media.audio.IAudioSessionManager2;
import dev.proctap.generated.windows.win32.media.audio.IAudioSessionNotification;
import dev.proctap.generated.windows.win32.media.audio.IMMDeviceEnumerator;
import dev.proctap.generated.windows.win32.media.audio.IMMNotificationClient;
import dev.proctap.generated.windows.win32.media.audio.WAVEFORMATEX;
import dev.proctap.generated.windows.win32.system.com.BLOB;
import dev.proctap.generated.windows.win32.system.com.IAgileObject;
import dev.proctap.generated.windows.win32.system.com.structuredstorage.PROPVARIANT;
import dev.proctap.generated.windows.win32.system.variant.VARENUM;
import dev.proctap.testbed.FakeWindows;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What was generated from Microsoft's metadata is what mingw-w64's headers, written by others, say. */
class WindowsLayoutTest {

    private final Map<String, Long> expected = new LinkedHashMap<>();

    private void number(String c, long java) {
        expected.put(c, java);
    }

    /** The 16 bytes of an interface id as two numbers. */
    private void id(String c, MemorySegment java) {
        for (int half = 0; half < 2; half++) {
            number("((long long *) &" + c + ")[" + half + "]", java.get(ValueLayout.JAVA_LONG_UNALIGNED, 8L * half));
        }
    }

    @Test
    void structsConstantsAndInterfaceIdsAreThoseOfTheHeaders(@TempDir Path folder) throws IOException {
        number("sizeof(WAVEFORMATEX)", WAVEFORMATEX.sizeof());
        number("offsetof(WAVEFORMATEX, nChannels)", WAVEFORMATEX.nChannels$offset());
        number("offsetof(WAVEFORMATEX, nSamplesPerSec)", WAVEFORMATEX.nSamplesPerSec$offset());
        number("offsetof(WAVEFORMATEX, nAvgBytesPerSec)", WAVEFORMATEX.nAvgBytesPerSec$offset());
        number("offsetof(WAVEFORMATEX, nBlockAlign)", WAVEFORMATEX.nBlockAlign$offset());
        number("offsetof(WAVEFORMATEX, wBitsPerSample)", WAVEFORMATEX.wBitsPerSample$offset());
        number("offsetof(WAVEFORMATEX, cbSize)", WAVEFORMATEX.cbSize$offset());
        number("sizeof(PROPVARIANT)", PROPVARIANT.sizeof());
        number("offsetof(PROPVARIANT, vt)", PROPVARIANT.vt$offset());
        number("offsetof(PROPVARIANT, blob)", PROPVARIANT.blob$offset());
        number("offsetof(BLOB, pBlobData)", BLOB.pBlobData$offset());
        number("VT_BLOB", VARENUM.VT_BLOB);
        id("IID_IAudioClient", IAudioClient.iid());
        id("IID_IAudioCaptureClient", IAudioCaptureClient.iid());
        id("IID_IAudioSessionManager2", IAudioSessionManager2.iid());
        id("IID_IAudioSessionNotification", IAudioSessionNotification.iid());
        id("IID_IMMDeviceEnumerator", IMMDeviceEnumerator.iid());
        id("IID_IMMNotificationClient", IMMNotificationClient.iid());
        id("IID_IActivateAudioInterfaceCompletionHandler", IActivateAudioInterfaceCompletionHandler.iid());
        id("IID_IAgileObject", IAgileObject.iid());
        for (HResult result : HResult.values()) {
            // the one that these headers do not have
            if (result != HResult.E_ILLEGAL_METHOD_CALL) {
                number("(int) " + result.name(), result.code());
            }
        }
        String before = """
                #define CINTERFACE
                #define INITGUID
                #include <windows.h>
                #define offsetof(type, part) __builtin_offsetof(type, part)
                int printf(const char *, ...);
                """;
        Map<String, Long> actual = CHeaders.values(
                List.of("audioclient.h", "audiopolicy.h", "mmdeviceapi.h"), FakeWindows.flags(), before,
                expected.keySet(), folder);
        assertThat(actual).isEqualTo(new HashMap<>(expected));
    }
}
