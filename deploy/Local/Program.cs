using System.CommandLine;
using Muster.Local;

var parsed = ClusterCommand.Create((options, _) => ClusterProcess.UpAsync(options), ClusterProcess.AskAsync).Parse(args);
foreach (var error in parsed.Errors)
{
    Console.Error.WriteLine($"cluster: {error.Message} (--help says more)");
}

// The library would end this process, and with it every node, two seconds after SIGTERM; StopSignals waits for the silos' drain.
return parsed.Errors.Count > 0 ? ExitCode.Usage : await parsed.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });
