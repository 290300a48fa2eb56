using Nauha.Audio;

namespace Nauha.Recorder.Tests.Telephony;

internal static class TestVectors
{
    public static string Folder()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !Directory.Exists(Path.Combine(folder.FullName, "tests/vectors/telephony"))) folder = folder.Parent;
        return Path.Combine(folder!.FullName, "tests/vectors/telephony");
    }

    public static short[] Samples(string file) => WavFile.Read(Path.Combine(Folder(), file)).ToPcm(0);
}
