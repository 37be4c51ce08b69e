using System.Runtime.InteropServices;

namespace Muster.Local;

/// <summary>Signals by their Linux numbers.</summary>
internal static partial class Signal
{
    internal const int Interrupt = 2;
    internal const int Quit = 3;
    internal const int Kill = 9;
    internal const int Terminate = 15;

    /// <summary>Sends it; false if there is no such process any more.</summary>
    internal static bool Send(int pid, int signal) => KillProcess(pid, signal) == 0;

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int KillProcess(int pid, int signal);
}
