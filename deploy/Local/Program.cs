using Muster.Local;

var parsed = ClusterCommand.Create((options, _) => ClusterProcess.UpAsync(options), ClusterProcess.AskAsync).Parse(args);
foreach (var error in parsed.Errors)
{
    Console.Error.WriteLine($"cluster: {error.Message} (--help says more)");
}

return parsed.Errors.Count > 0 ? ExitCode.Usage : await parsed.InvokeAsync();
