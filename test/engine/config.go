package engine

import "path/filepath"

// pluginConfig is the part of Falco's configuration that both engines read.
func pluginConfig(run Run) (map[string]any, error) {
	// A relative path is one below the engine's own plugin folder.
	library, err := filepath.Abs(run.Library)
	if err != nil {
		return nil, err
	}
	p := map[string]string{"name": plugin, "library_path": library, "open_params": run.OpenParams}
	if run.InitConfig != "" {
		p["init_config"] = run.InitConfig
	}
	plugins, load := []any{p}, []string{plugin}
	for name, path := range run.Beside {
		plugins = append(plugins, map[string]string{"name": name, "library_path": path})
		load = append(load, name)
	}
	return map[string]any{"plugins": plugins, "load_plugins": load}, nil
}
