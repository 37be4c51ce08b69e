using System.Globalization;

namespace Muster.Survival;

/// <summary>A control group (cgroups(7), version 2) by which the firewall knows the sockets of one process.</summary>
internal sealed class ControlGroup : IDisposable
{
    private readonly string folder;
    private readonly string parent;

    /// <summary>Takes the process in; sockets that it has already are not known by it.</summary>
    internal ControlGroup(string name, int pid)
    {
        var root = File.ReadLines("/proc/mounts").Select(line => line.Split(' ')).FirstOrDefault(mount => mount[2] == "cgroup2")?[1]
            ?? throw new InvalidOperationException("no cgroup2 is mounted, and without it a silo cannot be cut off");
        var own = File.ReadLines($"/proc/{pid}/cgroup").First(line => line.StartsWith("0::", StringComparison.Ordinal))[3..];
        parent = Path.Join(root, own);
        folder = Path.Join(root, name);
        PathOfGroup = name;
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Join(folder, "cgroup.procs"), pid.ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>From the root of the hierarchy, as iptables wants it.</summary>
    internal string PathOfGroup { get; }

    public void Dispose()
    {
        foreach (var pid in File.ReadAllLines(Path.Join(folder, "cgroup.procs")))
        {
            try
            {
                File.WriteAllText(Path.Join(parent, "cgroup.procs"), pid);
            }
            catch (IOException)
            {
                // It ended meanwhile.
            }
        }

        try
        {
            Directory.Delete(folder);
        }
        catch (IOException)
        {
            // The kernel may need a moment to forget a process that just ended; an empty group does no harm.
        }
    }
}
